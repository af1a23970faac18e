//! Cuts a text that is too long where a reader minds it least: between paragraphs, lines, sentences or words, and last
//! of all between two characters as a reader sees them.

use unicode_segmentation::UnicodeSegmentation as _;

/// Whether the text has at most so many grapheme clusters.
pub(super) fn fits(text: &str, limit: usize) -> bool {
    // A cluster has at least one byte, so the usual text need not be looked at.
    text.len() <= limit || text.graphemes(true).nth(limit).is_none()
}

/// The parts, in order, none of them empty or longer than `limit` (at least 1) grapheme clusters. Only the white space
/// around a cut is left out, but for what a line is indented by.
pub(super) fn split(text: &str, limit: usize) -> Vec<&str> {
    let limit = limit.max(1);
    let mut parts = Vec::new();
    let mut rest = begun(ended(text), limit, true);
    while !rest.is_empty() {
        let (part, after) = rest.split_at(cut(rest, limit));
        parts.push(ended(part));
        // Its end is that of the whole. To look for it from behind once a part would take forever in a row of flags, of
        // which only their number tells where one begins.
        rest = begun(after, limit, false);
    }
    parts
}

/// What ends before a cut, from the worst place to the best.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Cluster,
    Word,
    Sentence,
    Line,
    Paragraph,
}

/// White space, or the end of a sentence in a script that has none.
struct Gap<'t> {
    at: usize,
    /// How many clusters stand before it.
    count: usize,
    lines: usize,
    before: &'t str,
}

/// Where the first part of a text ends. A good place in the second half of what fits goes before a better one in the
/// first, which would leave short parts.
fn cut(text: &str, limit: usize) -> usize {
    let Some((whole, _)) = text.grapheme_indices(true).nth(limit) else {
        return text.len();
    };
    let mut best = (false, Place::Cluster, whole);
    let mut weigh = |gap: &Gap<'_>| {
        if gap.at == 0 {
            // What the first line is indented by.
            return;
        }
        let late = gap.count >= limit / 2;
        let place = if late { gap.place() } else { Place::Word };
        best = best.max((late, place, gap.at));
    };
    let mut blank: Option<Gap<'_>> = None;
    let mut before = "";
    // One cluster beyond the limit is looked at, since white space there is left out.
    let clusters = text.grapheme_indices(true).take(limit.saturating_add(1));
    for (count, (at, cluster)) in clusters.enumerate() {
        let here = Gap {
            at,
            count,
            lines: 0,
            before,
        };
        if is_blank(cluster) {
            blank.get_or_insert(here).lines += usize::from(cluster.contains('\n'));
        } else if let Some(gap) = blank.take() {
            weigh(&gap);
        } else if matches!(before, "。" | "！" | "？") {
            weigh(&here);
        }
        before = cluster;
    }
    if let Some(gap) = blank {
        weigh(&gap);
    }
    best.2
}

impl Gap<'_> {
    fn place(&self) -> Place {
        match self.lines {
            2.. => Place::Paragraph,
            1 => Place::Line,
            0 if matches!(self.before, "." | "!" | "?" | "…" | "。" | "！" | "？") => {
                Place::Sentence
            }
            0 => Place::Word,
        }
    }
}

/// Without the clusters of white space before it, but with what its first line is indented by, if it begins a line here and
/// that leaves room for something. A mark that is combined with a space stays with it.
fn begun(text: &str, limit: usize, mut begins_line: bool) -> &str {
    let (mut line, mut indented_by) = (0, 0);
    for (at, cluster) in text.grapheme_indices(true) {
        if !is_blank(cluster) {
            let keeps = begins_line && indented_by < limit;
            let start = if keeps { line } else { at };
            return text.get(start..).unwrap_or_default();
        }
        if cluster.contains('\n') {
            (line, indented_by) = (at.saturating_add(cluster.len()), 0);
            begins_line = true;
        } else {
            indented_by += 1;
        }
    }
    ""
}

/// Without the clusters of white space behind it.
fn ended(text: &str) -> &str {
    let end = text
        .grapheme_indices(true)
        .rev()
        .find(|(_, cluster)| !is_blank(cluster));
    end.and_then(|(at, cluster)| text.get(..at.saturating_add(cluster.len())))
        .unwrap_or_default()
}

fn is_blank(cluster: &str) -> bool {
    cluster.trim().is_empty()
}
