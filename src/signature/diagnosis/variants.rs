//! The forms that a body takes on its way: other line ends, other serialisers, only a part of it.

use std::borrow::Cow;

use serde_json::Value;

use super::Cause;
use super::json::{JAVASCRIPT, Json};

/// A body that may be the one that was signed.
pub(super) struct Form<'a> {
    pub(super) bytes: Cow<'a, [u8]>,
    /// How many deviations lie between this form and the body that was given.
    pub(super) cost: usize,
    changes: Vec<Cause>,
    /// The serialisers that write these bytes.
    writers: Vec<&'static str>,
}

impl Form<'_> {
    /// What has to be said if this form is the one that was signed; `given` is the form with no deviation.
    pub(super) fn causes(&self, given: &Self) -> Vec<Cause> {
        let mut causes = self.changes.clone();
        if self.cost > 0 && !self.writers.is_empty() {
            let right = either(&self.writers);
            let here = match given.writers.as_slice() {
                // The form that is sent is the usual one: there is nothing to say about it.
                [] | [JAVASCRIPT, ..] => String::new(),
                writers => format!("; the body given is in the form that {} writes", either(writers)),
            };
            causes.push(Cause::new(
                format!(
                    "the body was re-serialised before it was checked: the signature is right for the form that \
                     {right} writes{here}"
                ),
                "take the raw bytes of the request body for the signature, before any JSON parser has seen them",
            ));
        }
        causes
    }
}

/// The body as it was given, and all forms that are one deviation away from it.
pub(super) fn simple(body: &[u8]) -> Vec<Form<'_>> {
    let mut forms = vec![Form { bytes: body.into(), cost: 0, changes: Vec::new(), writers: Vec::new() }];
    transports(&mut forms, body);
    let Some(json) = Json::read(body) else { return forms };
    for (bytes, writer) in json.written() {
        add(&mut forms, bytes, Vec::new(), Some(writer));
    }
    if let Some(data) = json.data {
        add(&mut forms, data.as_bytes(), vec![only_data()], None);
    }
    let twice = Value::from(json.text).to_string().into_bytes();
    add(&mut forms, twice, vec![serialised_twice()], None);
    forms
}

/// Adds the forms that are two deviations away.
pub(super) fn compound<'a>(forms: &mut Vec<Form<'a>>, body: &'a [u8]) {
    let Some(json) = Json::read(body) else { return };
    for (mut bytes, writer) in json.written() {
        bytes.push(b'\n');
        add(forms, bytes, vec![line_end_added("line feed")], Some(writer));
    }
    if let Some(data) = json.data.and_then(|data| Json::read(data.as_bytes())) {
        for (bytes, writer) in data.written() {
            add(forms, bytes, vec![only_data()], Some(writer));
        }
    }
}

/// Whether the body is JSON in another form than the one that webhooks are sent in: other spacing, escapes
/// or numbers, or the known members in another order.
pub(super) fn altered(body: &[u8]) -> bool {
    Json::read(body).is_some_and(|json| json.is_altered())
}

fn add<'a>(
    forms: &mut Vec<Form<'a>>,
    bytes: impl Into<Cow<'a, [u8]>>,
    changes: Vec<Cause>,
    writer: Option<&'static str>,
) {
    let bytes = bytes.into();
    if let Some(same) = forms.iter_mut().find(|form| form.bytes == bytes) {
        // Several serialisers write the same bytes: all are named. A simpler way to them is left as it is.
        let named = same.cost == 0 || !same.writers.is_empty();
        same.writers.extend(
            writer.filter(|writer| named && same.changes == changes && !same.writers.contains(writer)),
        );
        return;
    }
    let cost = changes.len() + usize::from(writer.is_some());
    forms.push(Form { bytes, cost, changes, writers: writer.into_iter().collect() });
}

/// What editors, shells and transports do to bytes, whatever is in them.
fn transports<'a>(forms: &mut Vec<Form<'a>>, body: &'a [u8]) {
    const BOM: &[u8] = b"\xef\xbb\xbf";
    let exact = "take the bytes of the body exactly as they came; editors and `echo` add a line end";
    if let Some(bare) = body.strip_suffix(b"\n") {
        let bare = bare.strip_suffix(b"\r").unwrap_or(bare);
        add(
            forms,
            bare,
            vec![Cause::new("the body given ends in a line end that is not part of what was signed", exact)],
            None,
        );
    }
    let trimmed = body.trim_ascii();
    if !trimmed.is_empty() {
        let cause =
            Cause::new("the body given has white space around it that is not part of what was signed", exact);
        add(forms, trimmed, vec![cause], None);
    }
    add(forms, [body, b"\n"].concat(), vec![line_end_added("line feed")], None);
    add(forms, [body, b"\r\n"].concat(), vec![line_end_added("carriage return and line feed")], None);
    let unmarked =
        "take the bytes of the body exactly as they came, and write files as UTF-8 without byte order mark";
    match body.strip_prefix(BOM) {
        Some(bare) => {
            let cause =
                Cause::new("the body given begins with a byte order mark that was not signed", unmarked);
            add(forms, bare, vec![cause], None);
        }
        None => add(
            forms,
            [BOM, body].concat(),
            vec![Cause::new("a byte order mark was put before the body when it was signed", unmarked)],
            None,
        ),
    }
    let lines = "take the bytes of the body as they came, and open files in binary mode";
    let unix = replace(body, b"\r\n", b"\n");
    let dos = replace(&unix, b"\n", b"\r\n");
    let cause = Cause::new("the lines of the body given end in CRLF, those of the signed one in LF", lines);
    add(forms, unix, vec![cause], None);
    let cause = Cause::new("the lines of the body given end in LF, those of the signed one in CRLF", lines);
    add(forms, dos, vec![cause], None);
    let cause = Cause::new(
        "an empty body was signed instead of this one",
        "read the raw body before anything else consumes it: the stream of a request can be read only once",
    );
    add(forms, &b""[..], vec![cause], None);
}

fn line_end_added(which: &str) -> Cause {
    Cause::new(
        format!("the body was signed with a {which} at its end that the one given has not"),
        "take the bytes of the body exactly as they came; `printf %s` adds no line end, `echo` and `jq` do",
    )
}

fn only_data() -> Cause {
    Cause::new(
        "only the value of `data` was signed instead of the whole body",
        "take the whole body of the request",
    )
}

fn serialised_twice() -> Cause {
    Cause::new(
        "the body was serialised twice: the signature is right for a JSON string that holds it",
        "take the body as it is: it is text already, and needs no `JSON.stringify`",
    )
}

fn replace(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some(byte) = rest.first() {
        if let Some(after) = rest.strip_prefix(from) {
            out.extend_from_slice(to);
            rest = after;
        } else {
            out.push(*byte);
            rest = &rest[1..];
        }
    }
    out
}

fn either(names: &[&str]) -> String {
    match &names[..names.len().min(3)] {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}
