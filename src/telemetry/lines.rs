//! Log lines as JSON objects, one a line.
//!
//! The same lines as those of `tracing_subscriber`'s own JSON format with flattened fields, which a test compares, at a
//! fraction of its cost: there is a line for every request, and what a span said is put into it without being parsed
//! again. What lies under an error stands beside it, as in the library's text format. The fields of a span stand in the order in which it has them.

use std::{
    fmt::{self, Write as _},
    iter, mem,
};

use tracing::{
    Event, Subscriber,
    field::{Field, Visit},
    span::Record,
};
use tracing_subscriber::{
    field::RecordFields,
    fmt::{
        FmtContext, FormatEvent, FormatFields, FormattedFields,
        format::{Format, Json, Writer},
        time::{FormatTime as _, SystemTime},
    },
    registry::LookupSpan,
};

/// The format of the events.
#[derive(Debug)]
pub(super) struct Lines {
    /// For what comes from the crate `log`: its events tell in fields where they come from.
    of_log: Format<Json>,
}

/// The format of the fields of spans: an object of them.
#[derive(Debug, Default)]
pub(super) struct Fields;

/// The target of events that come from the crate `log`.
const LOG: &str = "log";

impl Default for Lines {
    fn default() -> Self {
        let of_log = tracing_subscriber::fmt::format()
            .json()
            .flatten_event(true)
            .with_current_span(false);
        Self { of_log }
    }
}

impl<S, N> FormatEvent<S, N> for Lines
where
    S: Subscriber + for<'span> LookupSpan<'span>,
    N: for<'writer> FormatFields<'writer> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let metadata = event.metadata();
        if metadata.target() == LOG {
            return self.of_log.format_event(context, writer, event);
        }
        let level = metadata.level().as_str();
        writer.write_str(r#"{"timestamp":""#)?;
        SystemTime.format_time(&mut writer)?;
        put(&mut writer, &[r#"","level":""#, level, "\""])?;
        members(writer.by_ref(), ",", event)?;
        put(&mut writer, &[r#","target":""#, metadata.target(), "\""])?;
        spans(context, writer.by_ref())?;
        writer.write_str("}\n")
    }
}

impl<'w> FormatFields<'w> for Fields {
    fn format_fields<R: RecordFields>(&self, mut writer: Writer<'w>, fields: R) -> fmt::Result {
        writer.write_char('{')?;
        members(writer.by_ref(), "", fields)?;
        writer.write_char('}')
    }

    /// One that is said again stands there twice, and the last counts.
    fn add_fields(
        &self,
        current: &'w mut FormattedFields<Self>,
        fields: &Record<'_>,
    ) -> fmt::Result {
        let known = current.fields.strip_suffix('}').unwrap_or_default().len();
        current.fields.truncate(known);
        let before = if known > 1 { "," } else { "" };
        members(current.as_writer(), before, fields)?;
        current.fields.push('}');
        Ok(())
    }
}

/// The spans that the event is in, the outermost first.
fn spans<S, N>(context: &FmtContext<'_, S, N>, mut writer: Writer<'_>) -> fmt::Result
where
    S: Subscriber + for<'span> LookupSpan<'span>,
    N: for<'writer> FormatFields<'writer> + 'static,
{
    let Some(scope) = context.event_scope() else {
        return Ok(());
    };
    writer.write_str(r#","spans":["#)?;
    let mut before = "{";
    for span in scope.from_root() {
        writer.write_str(before)?;
        before = ",{";
        let extensions = span.extensions();
        let fields = extensions.get::<FormattedFields<N>>();
        let members = fields.and_then(|fields| fields.strip_prefix('{')?.strip_suffix('}'));
        if let Some(members) = members.filter(|members| !members.is_empty()) {
            put(&mut writer, &[members, ","])?;
        }
        put(&mut writer, &[r#""name":""#, span.name(), "\"}"])?;
    }
    writer.write_char(']')
}

fn members(writer: Writer<'_>, before: &'static str, fields: impl RecordFields) -> fmt::Result {
    let mut members = Members {
        writer,
        before,
        written: Ok(()),
    };
    fields.record(&mut members);
    members.written
}

fn put(to: &mut Writer<'_>, parts: &[&str]) -> fmt::Result {
    parts.iter().try_for_each(|part| to.write_str(part))
}

/// Writes fields as members of an object.
struct Members<'w> {
    writer: Writer<'w>,
    /// A comma, unless the next one is the first.
    before: &'static str,
    written: fmt::Result,
}

impl Members<'_> {
    fn member(&mut self, field: &Field, value: impl FnOnce(&mut Writer<'_>) -> fmt::Result) {
        self.member_beside(field, "", value);
    }

    /// Names of fields are identifiers of the source, so there is nothing in them to be escaped.
    fn member_beside(
        &mut self,
        field: &Field,
        more: &str,
        value: impl FnOnce(&mut Writer<'_>) -> fmt::Result,
    ) {
        if self.written.is_ok() {
            let name = field.name();
            let name = name.strip_prefix("r#").unwrap_or(name);
            let before = mem::replace(&mut self.before, ",");
            self.written = put(&mut self.writer, &[before, "\"", name, more, "\":"])
                .and_then(|()| value(&mut self.writer));
        }
    }
}

impl Visit for Members<'_> {
    fn record_u64(&mut self, field: &Field, value: u64) {
        self.member(field, |writer| write!(writer, "{value}"));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.member(field, |writer| write!(writer, "{value}"));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.member(field, |writer| write!(writer, "{value}"));
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.member(field, |writer| {
            let value = serde_json::to_string(&value).map_err(|_| fmt::Error)?;
            writer.write_str(&value)
        });
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.member(field, |writer| {
            writer.write_char('"')?;
            escape(value, writer)?;
            writer.write_char('"')
        });
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.member(field, |writer| text(writer, format_args!("{value:?}")));
    }

    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        self.member(field, |writer| text(writer, format_args!("{value}")));
        if let Some(first) = value.source() {
            self.member_beside(field, ".sources", |writer| {
                let mut before = "[";
                for source in iter::successors(Some(first), |source| source.source()) {
                    writer.write_str(mem::replace(&mut before, ","))?;
                    text(writer, format_args!("{source}"))?;
                }
                writer.write_char(']')
            });
        }
    }
}

fn text(writer: &mut Writer<'_>, value: fmt::Arguments<'_>) -> fmt::Result {
    writer.write_char('"')?;
    Escaping(writer).write_fmt(value)?;
    writer.write_char('"')
}

/// Escapes whatever is written through it.
struct Escaping<'w, 'i>(&'w mut Writer<'i>);

impl fmt::Write for Escaping<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        escape(text, self.0)
    }
}

/// As it stands between the quotes of a JSON string.
fn escape(text: &str, to: &mut Writer<'_>) -> fmt::Result {
    let must_be = |byte: u8| matches!(byte, b'"' | b'\\' | b'\0'..=b'\x1f');
    let mut rest = text;
    while let Some(at) = rest.bytes().position(must_be) {
        let (plain, from) = rest.split_at(at);
        to.write_str(plain)?;
        let mut chars = from.chars();
        match chars.next() {
            Some('"') => to.write_str("\\\"")?,
            Some('\\') => to.write_str("\\\\")?,
            Some('\n') => to.write_str("\\n")?,
            Some('\r') => to.write_str("\\r")?,
            Some('\t') => to.write_str("\\t")?,
            Some('\x08') => to.write_str("\\b")?,
            Some('\x0c') => to.write_str("\\f")?,
            Some(control) => write!(to, "\\u{:04x}", u32::from(control))?,
            None => {}
        }
        rest = chars.as_str();
    }
    to.write_str(rest)
}

#[cfg(test)]
mod tests {
    use std::{
        io,
        sync::{Arc, Mutex},
    };

    use tracing::field::Empty;
    use tracing_subscriber::{EnvFilter, fmt::MakeWriter};

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl<'w> MakeWriter<'w> for Written {
        type Writer = Self;

        fn make_writer(&'w self) -> Self {
            self.clone()
        }
    }

    impl Written {
        /// Without the time, which differs from run to run.
        fn lines(&self) -> Vec<String> {
            let text = String::from_utf8(self.0.lock().unwrap().clone()).unwrap();
            let line = |line: &str| {
                let value: serde_json::Value = serde_json::from_str(line).unwrap();
                let (time, rest) = line.split_once(',').unwrap();
                assert!(time.starts_with(r#"{"timestamp":"2"#) && value.is_object());
                rest.to_owned()
            };
            text.lines().map(line).collect()
        }
    }

    fn of_all_kinds() {
        tracing::info!("plain");
        tracing::warn!(
            count = 3_u64,
            below = -2_i64,
            share = 0.5,
            is = true,
            "numbers"
        );
        tracing::error!(
            text = "\"quoted\" \\ \n\t\u{1}\u{8} ü",
            nothing = None::<u64>,
            "odd"
        );
        let error: &dyn std::error::Error = &io::Error::other("a \"cause\"");
        tracing::error!(error, place = %"shown", value = ?Some("debugged"), "it {}", "failed");
        let outer = tracing::info_span!("outer", number = 7, request.id = "one \"two\"");
        let _outer = outer.enter();
        tracing::info!(r#type = "word", "inside");
        let inner = tracing::info_span!("inner");
        let _inner = inner.enter();
        tracing::info!("in both");
        let told = tracing::info_span!("later", first = Empty, second = Empty);
        let _told = told.record("first", 1).record("second", "\"").enter();
        tracing::info!("told");
    }

    #[test]
    fn they_are_those_of_the_librarys_own_format() {
        let (ours, theirs) = (Written::default(), Written::default());
        let subscriber = crate::telemetry::json_lines(EnvFilter::new("trace"), ours.clone());
        tracing::subscriber::with_default(subscriber, of_all_kinds);
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_writer(theirs.clone())
            .json()
            .flatten_event(true)
            .with_current_span(false)
            .finish();
        tracing::subscriber::with_default(subscriber, of_all_kinds);
        assert_eq!(ours.lines().len(), 7);
        assert_eq!(ours.lines(), theirs.lines());
    }

    #[derive(Debug, thiserror::Error)]
    #[error("not {name}")]
    struct Layer {
        name: &'static str,
        source: Option<Box<Layer>>,
    }

    #[test]
    fn what_lies_under_an_error_stands_beside_it() {
        let layer = |name, source: Option<Layer>| Layer {
            name,
            source: source.map(Box::new),
        };
        let below = layer("\"reached\"", Some(layer("found", None)));
        let error: &dyn std::error::Error = &layer("stored", Some(below));
        let ours = Written::default();
        let subscriber = crate::telemetry::json_lines(EnvFilter::new("trace"), ours.clone());
        tracing::subscriber::with_default(subscriber, || tracing::warn!(error, "failed"));
        let lines = ours.lines();
        let told = r#""error":"not stored","error.sources":["not \"reached\"","not found"],"#;
        assert!(lines.iter().all(|line| line.contains(told)), "{lines:?}");
    }
}
