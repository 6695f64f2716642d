//! Lists: pages of webhooks, and the link from one part of the log to the next.

use http::StatusCode;
use serde::Serialize;
use serde_json::json;

use super::answer::Answer;
use super::call::Call;
use super::messages;
use crate::event;

/// How many are on a page where nobody says how many.
const PAGE: usize = 20;
/// How many are on a page at the most.
const LONGEST_PAGE: usize = 100;

/// The page of `items` that was asked for.
///
/// # Errors
/// 404 where there is no such page.
pub fn page<'a, T, O: Serialize>(
    call: &Call,
    items: &'a [T],
    object: impl Fn(&'a T) -> O,
) -> Result<Answer, Answer> {
    // A size that cannot be used is not an error in this API.
    let size = call.query("page_size").and_then(|text| text.trim().parse().ok()).filter(|size| *size > 0);
    let size = size.unwrap_or(PAGE).min(LONGEST_PAGE);
    let last = items.len().div_ceil(size).max(1);
    let invalid = || Answer::detail(StatusCode::NOT_FOUND, "Invalid page.");
    let number = match call.query("page").map(str::trim) {
        None | Some("") => 1,
        Some("last") => last,
        Some(text) => text.parse().ok().filter(|page| (1..=last).contains(page)).ok_or_else(invalid)?,
    };
    let results: Vec<O> = items.iter().skip((number - 1) * size).take(size).map(object).collect();
    let next = (number < last).then(|| link(call, "page", Some(&(number + 1).to_string())));
    let previous = (number > 1).then(|| {
        let page = (number - 1).to_string();
        link(call, "page", (number > 2).then_some(page.as_str()))
    });
    let count = items.len();
    let object = json!({ "count": count, "next": next, "previous": previous, "results": results });
    Ok(Answer::json(StatusCode::OK, &object))
}

/// The URL of this request with another value for a member of its query, or without it. Members are in the order of
/// their names.
pub fn link(call: &Call, name: &str, value: Option<&str>) -> String {
    let kept =
        call.query.iter().filter(|(key, _)| key != name).map(|(key, value)| (key.as_str(), value.as_str()));
    let mut pairs: Vec<(&str, &str)> = kept.chain(value.map(|value| (name, value))).collect();
    pairs.sort_by_key(|(key, _)| *key);
    let pairs: Vec<String> =
        pairs.iter().map(|(key, value)| format!("{}={}", encode(key), encode(value))).collect();
    if pairs.is_empty() { call.url.clone() } else { format!("{}?{}", call.url, pairs.join("&")) }
}

/// Text as it stands in a query (URL Standard, "application/x-www-form-urlencoded serializing").
fn encode(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'*' => {
                char::from(byte).to_string()
            }
            b' ' => "+".to_owned(),
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

/// The pairs of a query (URL Standard, "application/x-www-form-urlencoded parsing").
pub fn parse_query(query: &str) -> Vec<(String, String)> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decode(name), decode(value))
        })
        .collect()
}

fn decode(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        rest = after;
        let digit = |byte: u8| char::from(byte).to_digit(16);
        match (first, after) {
            (b'+', _) => bytes.push(b' '),
            (b'%', [high, low, ..]) if let (Some(high), Some(low)) = (digit(*high), digit(*low)) => {
                bytes.push(u8::try_from(high * 16 + low).unwrap_or_default());
                rest = &after[2..];
            }
            _ => bytes.push(*first),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// An integer of a query.
pub fn integer(text: &str) -> Result<i64, String> {
    event::integer("", text.trim()).map_err(|_| messages::NO_INTEGER.to_owned())
}

/// A boolean of a query.
pub fn boolean(text: &str) -> Result<bool, String> {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" | "1" => Ok(true),
        "false" | "0" => Ok(false),
        _ => Err(messages::NO_BOOLEAN.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_read_as_forms_are() {
        let pairs = parse_query("a=1&b=x+y%20z&c&=d&&e=%zz%C3%A9%");
        let shown: Vec<String> = pairs.iter().map(|(name, value)| format!("{name}:{value}")).collect();
        assert_eq!(shown, ["a:1", "b:x y z", "c:", ":d", "e:%zzé%"]);
        assert_eq!(encode("x y&é\r\n"), "x+y%26%C3%A9%0D%0A");
    }
}
