//! Who may use whom inside the crate. Reads the source: an arrow that the table below does not allow fails, and so does a
//! document that names a path of the repository which is not there.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a helper of a test may fail the test"
)]

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Each room and what it may use of the crate beside itself. `app` and `cli` may use everything and are not listed.
const ALLOWED: &[(&str, &[&str])] = &[
    ("domain", &[]),
    ("clock", &["domain"]),
    ("config", &["domain"]),
    ("mutant", &[]),
    ("telemetry", &["domain", "config"]),
    ("store", &["domain", COMMON]),
    ("outbound", &["domain", COMMON]),
    ("bots", &["domain", "outbound", COMMON]),
    ("desks", &["domain", "outbound", COMMON]),
    (
        "delivery",
        &["domain", "store", "bots", "desks", "outbound", COMMON],
    ),
    ("http", &["domain", "store", "bots", "desks", COMMON]),
    ("console", &["domain", "store", "http", COMMON]),
    ("emulator", &["domain", "outbound", COMMON]),
    (
        "conformance",
        &["domain", "outbound", "bots", "desks", COMMON],
    ),
];

/// Stands for the rooms that serve all the others but the domain.
const COMMON: &str = "config, telemetry, clock, mutant";

/// One room's use of another, with the place where it is written.
#[derive(Debug, PartialEq, Eq)]
struct Arrow {
    from: String,
    to: String,
    line: usize,
}

/// Folders of the repository, as documents name what lies in them.
const FOLDERS: &[&str] = &[
    "src/",
    "tests/",
    "docs/",
    "deploy/",
    "scripts/",
    "benches/",
    "config/",
    "examples/",
];

#[test]
fn every_path_that_a_document_names_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut named = 0;
    let mut gone = Vec::new();
    for document in documents(root) {
        let text = fs::read_to_string(&document).unwrap();
        let paths = text.split('`').skip(1).step_by(2).filter(|quoted| {
            let is_path = |c: char| c.is_ascii_alphanumeric() || "_./-".contains(c);
            FOLDERS.iter().any(|folder| quoted.starts_with(folder)) && quoted.chars().all(is_path)
        });
        for path in paths {
            named += 1;
            // Stands for all of its folder.
            if !root.join(path).exists() && !path.ends_with("/x.rs") {
                gone.push(format!("{} names {path}", document.display()));
            }
        }
    }
    assert!(named > 100, "only {named} paths: nothing has been checked");
    assert!(gone.is_empty(), "{}", gone.join("\n"));
}

fn documents(root: &Path) -> impl Iterator<Item = PathBuf> {
    let folders = [root.to_owned(), root.join("docs"), root.join("docs/adr")];
    let entries = folders
        .into_iter()
        .flat_map(|folder| fs::read_dir(folder).unwrap());
    let paths = entries.map(|entry| entry.unwrap().path());
    paths.filter(|path| path.extension().is_some_and(|extension| extension == "md"))
}

#[test]
fn no_room_uses_what_it_must_not() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let files = rust_files(&source);
    assert!(
        files.len() > 20,
        "only {} files below {}: nothing has been checked",
        files.len(),
        source.display()
    );

    let mut arrows = 0;
    let mut forbidden = Vec::new();
    for file in &files {
        let inside = file.strip_prefix(&source).expect("listed below src");
        let text = fs::read_to_string(file).unwrap();
        for arrow in arrows_of(&inside.to_string_lossy(), &text) {
            arrows += 1;
            if !is_allowed(&arrow) {
                forbidden.push(format!(
                    "src/{}:{}: {} uses {}",
                    inside.display(),
                    arrow.line,
                    arrow.from,
                    arrow.to
                ));
            }
        }
    }
    assert!(
        arrows > 20,
        "only {arrows} arrows found: the reading is broken"
    );
    assert!(forbidden.is_empty(), "\n{}", forbidden.join("\n"));
}

#[test]
fn every_room_has_its_line_in_the_table() {
    let library =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs")).unwrap();
    let rooms: Vec<_> = library
        .lines()
        .filter_map(|line| {
            line.trim_start_matches("pub ")
                .strip_prefix("mod ")?
                .strip_suffix(';')
        })
        .collect();
    assert!(rooms.contains(&"domain"), "{rooms:?}");
    for room in rooms {
        let is_listed =
            ALLOWED.iter().any(|(listed, _)| *listed == room) || ["app", "cli"].contains(&room);
        assert!(is_listed, "{room} has no line in the table of this test");
    }
}

#[test]
fn a_planted_arrow_is_found_however_it_is_written() {
    for planted in [
        "use crate::http::Router;",
        "    use crate::http;",
        "pub(crate) use crate::{domain::time, http::problem};",
        "use crate::{\n    domain::{ids, time},\n    http,\n};",
        "let x = crate::http::problem::Kind::Closed;",
        "use super::super::http::Router;",
    ] {
        let found = arrows_of("store/sqlite.rs", planted);
        let forbidden: Vec<_> = found.iter().filter(|arrow| !is_allowed(arrow)).collect();
        assert!(
            matches!(&forbidden[..], [arrow] if arrow.to == "http"),
            "{planted}: {found:?}"
        );
    }
    assert!(
        arrows_of("domain.rs", "use crate::clock::SystemClock;")
            .iter()
            .any(|arrow| !is_allowed(arrow))
    );
    assert!(
        arrows_of("http.rs", "use crate::delivery::Lane;")
            .iter()
            .any(|arrow| !is_allowed(arrow))
    );
    assert!(
        arrows_of("delivery.rs", "use crate::http::Problem;")
            .iter()
            .any(|arrow| !is_allowed(arrow))
    );
}

#[test]
fn what_is_no_arrow_is_not_taken_for_one() {
    let text = r#"
        //! See crate::http::server.
        use crate::domain::time::Timestamp; // not crate::http
        const TEXT: &str = "domain";
        #[cfg(test)]
        mod tests {
            use crate::http::Router;
            const OPEN: &str = "{ https://example.com/{";
            fn nested() {
                crate::delivery::lane();
            }
        }
        use crate::clock::SystemClock;
        const URL: &str = "https://crate.example.com";
    "#;
    let to: Vec<_> = arrows_of("store/sqlite.rs", text)
        .into_iter()
        .map(|arrow| (arrow.to, arrow.line))
        .collect();
    assert_eq!(to, [("domain".to_owned(), 3), ("clock".to_owned(), 13)]);
}

fn is_allowed(arrow: &Arrow) -> bool {
    if ["app", "cli", "main"].contains(&arrow.from.as_str()) || arrow.from == arrow.to {
        return true;
    }
    let Some((_, allowed)) = ALLOWED.iter().find(|(room, _)| *room == arrow.from) else {
        return false;
    };
    let is_common = COMMON.split(", ").any(|common| common == arrow.to);
    allowed.contains(&arrow.to.as_str()) || (is_common && allowed.contains(&COMMON))
}

/// The arrows in one file, given by its path inside `src`, tests left out.
fn arrows_of(inside: &str, text: &str) -> Vec<Arrow> {
    let inside = Path::new(inside);
    let to_the_root = "super::".repeat(inside.components().count());
    let text = without_tests(&without_comments(text));
    let mut arrows = Vec::new();
    for marker in ["crate::", &to_the_root] {
        for (at, _) in text.match_indices(marker) {
            let line = text[..at].matches('\n').count() + 1;
            let targets = first_segments(&text[at + marker.len()..]);
            arrows.extend(targets.into_iter().map(|to| Arrow {
                from: room_of(inside),
                to,
                line,
            }));
        }
    }
    arrows.sort_by_key(|arrow| arrow.line);
    arrows
}

/// `http` of `http::x`, and each of `{domain::{a, b}, http::c}`.
fn first_segments(rest: &str) -> Vec<String> {
    let Some(group) = rest.strip_prefix('{') else {
        return vec![identifier(rest)];
    };
    let mut depth = 0;
    let mut members = vec![String::new()];
    for c in group.chars() {
        match c {
            '}' if depth == 0 => break,
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => members.push(String::new()),
            _ => {}
        }
        if c != ',' || depth > 0 {
            members.last_mut().unwrap().push(c);
        }
    }
    members
        .iter()
        .map(|member| identifier(member.trim()))
        .filter(|name| !name.is_empty())
        .collect()
}

fn identifier(text: &str) -> String {
    text.chars()
        .take_while(|c| c.is_alphanumeric() || *c == '_')
        .collect()
}

/// Line comments blanked; the lines themselves stay, so that numbers hold. The two strokes of a URL start none.
fn without_comments(text: &str) -> String {
    let code = |line: &str| {
        let comment = line
            .match_indices("//")
            .map(|(at, _)| at)
            .find(|at| !line[..*at].ends_with(':'));
        line[..comment.unwrap_or(line.len())].trim_end().to_owned()
    };
    text.lines().map(code).collect::<Vec<_>>().join("\n")
}

/// The items that `#[cfg(test)]` stands over blanked. As rustfmt writes them, an item ends on the first line that is
/// indented as it is and ends with a brace or a semicolon.
fn without_tests(text: &str) -> String {
    let indent_of = |line: &str| line.len() - line.trim_start().len();
    let mut skipping = None;
    let mut lines = Vec::new();
    for line in text.lines() {
        if skipping.is_none() && line.contains("#[cfg(test)]") {
            skipping = Some(indent_of(line));
        }
        let Some(indent) = skipping else {
            lines.push(line);
            continue;
        };
        lines.push("");
        if indent_of(line) == indent && line.ends_with(['}', ';', ',']) {
            skipping = None;
        }
    }
    lines.join("\n")
}

/// `bots` of `bots/chatlayer/hook.rs` and of `bots.rs`.
fn room_of(inside: &Path) -> String {
    let first = inside.components().next().expect("a file has a name");
    Path::new(first.as_os_str())
        .file_stem()
        .unwrap()
        .to_string_lossy()
        .into_owned()
}

/// Every file of the library but those that only tests include.
fn rust_files(directory: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && name != "tests" {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs")
            && !name.starts_with("tests")
        {
            files.push(path);
        }
    }
    files.sort();
    files
}
