//! The causes as they are told, one by one and in pairs.

use hmac::Mac;

use super::*;
use crate::signature::{athens, hex, standard};

const SECRET: &str = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
const BODY: &str = r#"{"event":"permit_approved","permit_id":123,"data":{"10":1.5,"zone":"Süd/2 <A> & B","area":[],"big":1e+21,"small":1e-7,"note":{}}}"#;
const NOW: i64 = 1_700_000_000;
const ENVELOPE: Envelope<'static> = Envelope { id: "msg_1", timestamp: NOW };
/// What Node's `crypto` computes for `SECRET` and `BODY`, as hex, as base64 and for Standard Webhooks.
const TAG: &str = "84c03a0af2c72767601483ac2b42fdcb3c843da650c681771c7043e6a7c352bd";
const TAG_BASE64: &str = "hMA6CvLHJ2dgFIOsK0L9yzyEPaZQxoF3HHBD5qfDUr0=";
const STANDARD_TAG: &str = "eUO4MYS7beeFtWlL2hRmugcMp8Ly4CR7UQHp1pRSUUY=";

fn key(text: &str) -> Secret {
    Secret::unchecked(text.to_owned())
}

/// The verdict; on the way it is made sure that nothing in it would help to forge a signature.
fn check(secret: &str, body: &[u8], signature: &str, standard: Option<Envelope<'_>>) -> Verdict {
    let secret = key(secret);
    let verdict = diagnose(&Claim { secret: &secret, body, signature, standard, now: NOW });
    let said = format!("{verdict:?}").to_lowercase();
    let secret_text = secret.expose().trim();
    let mut never = vec![hex(&hmac(secret_text.as_bytes(), &[body]).finalize().into_bytes())];
    never.push(secret_text.trim_start_matches(SECRET_PREFIX).to_owned());
    never.push(crate::signature::standard(&secret, ENVELOPE.id, NOW, body)[3..].to_owned());
    for word in never {
        assert!(word.len() < 4 || !said.contains(&word.to_lowercase()), "{said}");
    }
    verdict
}

/// The causes, a line each.
fn wrong(secret: &str, body: &str, signature: &str, standard: Option<Envelope<'_>>) -> String {
    match check(secret, body.as_bytes(), signature, standard) {
        Verdict::Right { .. } => panic!("right"),
        Verdict::Wrong { causes, .. } => {
            assert!(!causes.is_empty());
            for Cause { what, mend } in &causes {
                for text in [what, mend] {
                    assert!(!text.ends_with('.') && !text.starts_with(char::is_uppercase), "{text}");
                }
            }
            causes.into_iter().map(|cause| cause.what).collect::<Vec<_>>().join("\n")
        }
    }
}

/// What is said of a signature that was made with this key over this body.
fn signed(with: &str, over: &str) -> String {
    wrong(SECRET, BODY, &athens(&key(with), over.as_bytes()), None)
}

fn reserialised(writer: &str) -> String {
    format!(
        "the body was re-serialised before it was checked: the signature is right for the form that {writer} writes"
    )
}

fn right(secret: &str, signature: &str, standard: Option<Envelope<'_>>) -> (Scheme, Vec<String>) {
    match check(secret, BODY.as_bytes(), signature, standard) {
        Verdict::Right { scheme, warnings } => (scheme, warnings),
        Verdict::Wrong { causes, .. } => panic!("{causes:?}"),
    }
}

#[test]
fn right_signatures_are_right() {
    assert_eq!(right(SECRET, &format!("sha256={TAG}"), None), (Scheme::Athens, vec![]));
    assert_eq!(right(SECRET, &format!("sha256={TAG}"), Some(ENVELOPE)), (Scheme::Athens, vec![]));
    let list = format!("v1,AAAA v1,{STANDARD_TAG} v1a,x");
    assert_eq!(right(SECRET, &list, Some(ENVELOPE)), (Scheme::Standard, vec![]));
}

#[test]
fn what_other_receivers_trip_over_is_warned_of() {
    let (_, warnings) = right(SECRET, &format!("sha256={}", TAG.to_uppercase()), None);
    assert!(warnings[0].contains("upper case"), "{warnings:?}");
    let (_, warnings) =
        right("plain", &standard(&key("plain"), "msg_1", NOW, BODY.as_bytes()), Some(ENVELOPE));
    assert!(warnings[0].contains("no prefix"), "{warnings:?}");
    let odd = "whsec_%%odd%%";
    let (_, warnings) = right(odd, &standard(&key(odd), "msg_1", NOW, BODY.as_bytes()), Some(ENVELOPE));
    assert!(warnings[0].contains("is not base64"), "{warnings:?}");
    let (_, warnings) = right("padded\n", &athens(&key("padded\n"), BODY.as_bytes()), None);
    assert!(warnings[0].contains("white space"), "{warnings:?}");
}

#[test]
fn the_form_of_an_athens_header_is_told() {
    let lacks = "the signature lacks its prefix `sha256=`";
    for (signature, causes) in [
        (TAG.to_owned(), lacks.to_owned()),
        (TAG.to_uppercase(), lacks.to_owned()),
        (format!("SHA256={TAG}"), "the prefix `sha256=` is in upper case".to_owned()),
        (format!("v1={TAG}"), "the signature begins with `v1=` instead of `sha256=`".to_owned()),
        (format!("sha256:{TAG}"), "the signature begins with `sha256:` instead of `sha256=`".to_owned()),
        (format!("sha256={TAG_BASE64}"), "the signature is in base64 instead of hex".to_owned()),
        (TAG_BASE64.to_owned(), format!("{lacks}\nthe signature is in base64 instead of hex")),
        (
            format!("sha256={}", TAG_BASE64.trim_end_matches('=')),
            "the signature is in base64 without padding instead of hex".to_owned(),
        ),
        (format!("sha256={TAG}\n"), "the signature has white space around it".to_owned()),
        (format!("\"sha256={TAG}\""), "the signature has quotes around it".to_owned()),
        (
            format!("X-Athens-Signature: sha256={TAG}"),
            "the name of the header was pasted with the signature".to_owned(),
        ),
        (
            format!(" 'x-athens-signature: {TAG}' "),
            format!(
                "the signature has white space around it\nthe signature has quotes around it\n\
                 the name of the header was pasted with the signature\n{lacks}"
            ),
        ),
    ] {
        assert_eq!(wrong(SECRET, BODY, &signature, None), causes, "{signature}");
    }
}

#[test]
fn the_form_of_a_standard_header_is_told() {
    let tag = STANDARD_TAG;
    let bytes = STANDARD.decode(tag).unwrap();
    let lacks = "the signature lacks its prefix `v1,`";
    let (id, special) = (0..1000)
        .map(|n| format!("msg_{n}"))
        .map(|id| (id.clone(), standard(&key(SECRET), &id, NOW, BODY.as_bytes())))
        .find(|(_, signature)| signature.contains(['+', '/']))
        .unwrap();
    let url_safe = special.replace('+', "-").replace('/', "_");
    for (id, signature, causes) in [
        ("msg_1", tag.to_owned(), lacks),
        ("msg_1", format!("v1={tag}"), "the signature begins with `v1=` instead of `v1,`"),
        ("msg_1", format!("V1,{tag}"), "the prefix `v1,` is in upper case"),
        ("msg_1", format!("v1,{}", hex(&bytes)), "the signature is in hex instead of base64"),
        (
            "msg_1",
            format!("v1,{}", tag.trim_end_matches('=')),
            "the signature is in base64 without padding instead of base64 with padding",
        ),
        (id.as_str(), url_safe, "the signature is in url-safe base64 instead of base64 with padding"),
        (
            "msg_1",
            format!("v1,{}", &tag[..20]),
            "the signature was cut: what is there is the beginning of the right one",
        ),
        ("msg_1", format!("v1,AAAA\tv1,{tag}"), "the signature is right, its header is malformed"),
    ] {
        let envelope = Envelope { id, timestamp: NOW };
        assert_eq!(wrong(SECRET, BODY, &signature, Some(envelope)), causes, "{signature}");
    }
}

#[test]
fn a_signature_that_was_cut_is_recognised_from_eight_digits_on() {
    for digits in [8, 9, 40, 63] {
        let causes = wrong(SECRET, BODY, &format!("sha256={}", &TAG[..digits]), None);
        assert_eq!(
            causes, "the signature was cut: what is there is the beginning of the right one",
            "{digits}"
        );
    }
    let causes = wrong(SECRET, BODY, &format!("sha256={}", &TAG[..6]), None);
    assert!(causes.starts_with("the signature has not the form"), "{causes}");
}

#[test]
fn the_form_of_the_secret_is_told() {
    // Node's answer for the decoded secret.
    let decoded = "sha256=4cec32d76332162b24ef47a76e78f318a10638cca09390eb1a0e9c6836e32b24";
    assert_eq!(
        wrong(SECRET, BODY, decoded, None),
        "the secret was decoded from base64, which is right for Standard Webhooks only"
    );
    for (with, cause) in [
        (format!("{SECRET}\n"), "the signer used the secret with the line feed at the end of its file"),
        (
            format!("{SECRET}\r\n"),
            "the signer used the secret with the carriage return and line feed at the end of its file",
        ),
        (format!("\"{SECRET}\""), "the signer used the secret with quotes around it"),
        (
            SECRET[6..].to_owned(),
            "the prefix `whsec_` was taken off the secret, which is used whole for `X-Athens-Signature`",
        ),
    ] {
        assert_eq!(signed(&with, BODY), cause);
    }
    let signature = format!("sha256={TAG}");
    for (read, cause) in [
        (format!("{SECRET}\n"), "the secret given ends in a line end that is not part of the key"),
        (format!("{SECRET}\r\n"), "the secret given ends in a line end that is not part of the key"),
        (format!(" {SECRET}"), "the secret given has white space around it that is not part of the key"),
        (format!("'{SECRET}'\n"), "the secret given has quotes around it"),
        (SECRET[6..].to_owned(), "the secret given lacks the prefix `whsec_` that the signer's has"),
    ] {
        assert_eq!(wrong(&read, BODY, &signature, None), cause);
    }
    // `c2VjcmV0IGtleQ==` is `secret key` in base64, and so is `736563726574206b6579` in hex.
    let signature = athens(&key("secret key"), BODY.as_bytes());
    assert_eq!(
        wrong("c2VjcmV0IGtleQ==", BODY, &signature, None),
        "the secret was decoded from base64 although its text is the key"
    );
    assert_eq!(
        wrong("736563726574206b6579", BODY, &signature, None),
        "the secret was decoded from hex although its text is the key"
    );
}

#[test]
fn the_form_of_the_secret_is_told_for_standard_webhooks() {
    let made = |text: &str| standard(&key(text), "msg_1", NOW, BODY.as_bytes());
    assert_eq!(
        // Node's answer for the text of the secret.
        wrong(SECRET, BODY, "v1,s5nFsCww0i5+HI2fuMRRf8Gz/BbaKtb0YhcvqdaCI8M=", Some(ENVELOPE)),
        "the text of the secret was used as the key, its prefix `whsec_` included"
    );
    assert_eq!(
        wrong(SECRET, BODY, &made(&SECRET[6..]), Some(ENVELOPE)),
        "the prefix `whsec_` was taken off the secret, and the rest was not decoded from base64"
    );
    assert_eq!(
        wrong(&SECRET[6..], BODY, &made(SECRET), Some(ENVELOPE)),
        "the secret was decoded from base64 although it has no prefix `whsec_`; the published libraries do so"
    );
    assert_eq!(
        wrong(&format!("{SECRET}\n"), BODY, &made(SECRET), Some(ENVELOPE)),
        "the secret given ends in a line end that is not part of the key"
    );
}

/// The texts are what Python's `json.dumps` and Node's `JSON.stringify` write of `BODY`.
#[test]
fn serialisers_are_named() {
    for (text, writer) in [
        (
            r#"{"event": "permit_approved", "permit_id": 123, "data": {"10": 1.5, "zone": "S\u00fcd/2 <A> & B", "area": [], "big": 1e+21, "small": 1e-07, "note": {}}}"#,
            "Python's `json.dumps`",
        ),
        (
            r#"{"event": "permit_approved", "permit_id": 123, "data": {"10": 1.5, "zone": "Süd/2 <A> & B", "area": [], "big": 1e+21, "small": 1e-07, "note": {}}}"#,
            "Python's `json.dumps` with `ensure_ascii=False`",
        ),
        (
            r#"{"event":"permit_approved","permit_id":123,"data":{"10":1.5,"zone":"S\u00fcd/2 <A> & B","area":[],"big":1e+21,"small":1e-07,"note":{}}}"#,
            "Python's `json.dumps` with `separators=(\",\", \":\")`",
        ),
        (
            r#"{"data":{"10":1.5,"area":[],"big":1e+21,"note":{},"small":1e-07,"zone":"S\u00fcd/2 <A> & B"},"event":"permit_approved","permit_id":123}"#,
            "Python's `json.dumps` with `sort_keys=True` and `separators=(\",\", \":\")`",
        ),
        (
            r#"{"data": {"10": 1.5, "area": [], "big": 1e+21, "note": {}, "small": 1e-07, "zone": "S\u00fcd/2 <A> & B"}, "event": "permit_approved", "permit_id": 123}"#,
            "Python's `json.dumps` with `sort_keys=True`",
        ),
        (
            "{\n  \"event\": \"permit_approved\",\n  \"permit_id\": 123,\n  \"data\": {\n    \"10\": 1.5,\n    \"zone\": \"S\\u00fcd/2 <A> & B\",\n    \"area\": [],\n    \"big\": 1e+21,\n    \"small\": 1e-07,\n    \"note\": {}\n  }\n}",
            "Python's `json.dumps` with `indent=2`",
        ),
        (
            "{\n  \"event\": \"permit_approved\",\n  \"permit_id\": 123,\n  \"data\": {\n    \"10\": 1.5,\n    \"zone\": \"Süd/2 <A> & B\",\n    \"area\": [],\n    \"big\": 1e+21,\n    \"small\": 1e-7,\n    \"note\": {}\n  }\n}",
            "JavaScript's `JSON.stringify` with 2 spaces",
        ),
        (
            "{\n    \"event\": \"permit_approved\",\n    \"permit_id\": 123,\n    \"data\": {\n        \"10\": 1.5,\n        \"zone\": \"Süd/2 <A> & B\",\n        \"area\": [],\n        \"big\": 1e+21,\n        \"small\": 1e-7,\n        \"note\": {}\n    }\n}",
            "JavaScript's `JSON.stringify` with 4 spaces",
        ),
        (
            r#"{"event":"permit_approved","permit_id":123,"data":{"10":1.5,"zone":"S\u00fcd\/2 <A> & B","area":[],"big":1.0e+21,"small":1.0e-7,"note":{}}}"#,
            "PHP's `json_encode`",
        ),
        (
            r#"{"data":{"10":1.5,"area":[],"big":1e+21,"note":{},"small":1e-7,"zone":"Süd/2 \u003cA\u003e \u0026 B"},"event":"permit_approved","permit_id":123}"#,
            "Go's `encoding/json` from a map",
        ),
        (
            r#"{"event":"permit_approved","permit_id":123,"data":{"10":1.5,"zone":"S\u00FCd/2 \u003CA\u003E \u0026 B","area":[],"big":1e+21,"small":1e-7,"note":{}}}"#,
            ".NET's `System.Text.Json`",
        ),
    ] {
        assert_eq!(signed(SECRET, text), reserialised(writer));
    }
    // Node's answer for two spaces.
    let pretty = "v1,bSfUS7NRC6gIFB2y2xEXuzau/lUxB7IApDyvcyx/6ag=";
    let causes = wrong(SECRET, BODY, pretty, Some(ENVELOPE));
    assert_eq!(causes, reserialised("JavaScript's `JSON.stringify` with 2 spaces"));
}

#[test]
fn a_body_that_was_re_serialised_is_recognised_by_the_signature_of_the_one_sent() {
    let signature = format!("sha256={TAG}");
    let python = r#"{"event": "permit_approved", "permit_id": 123, "data": {"10": 1.5, "zone": "S\u00fcd/2 <A> & B", "area": [], "big": 1e+21, "small": 1e-07, "note": {}}}"#;
    let causes = wrong(SECRET, python, &signature, None);
    assert!(
        causes.starts_with(&reserialised("JavaScript's `JSON.stringify`").replace(" writes", "")),
        "{causes}"
    );
    assert!(causes.ends_with("the body given is in the form that Python's `json.dumps` writes"), "{causes}");
}

#[test]
fn serialisers_that_write_the_same_are_named_together() {
    let body = r#"{"b":1,"a":"x"}"#;
    let causes = wrong(SECRET, body, &athens(&key(SECRET), br#"{"b": 1, "a": "x"}"#), None);
    let writer = "Python's `json.dumps` or Python's `json.dumps` with `ensure_ascii=False`";
    assert_eq!(causes, reserialised(writer));
}

#[test]
fn changes_of_the_bytes_are_told() {
    for (over, cause) in [
        (format!("{BODY}\n"), "the body was signed with a line feed at its end that the one given has not"),
        (
            format!("{BODY}\r\n"),
            "the body was signed with a carriage return and line feed at its end that the one given has not",
        ),
        (format!("\u{feff}{BODY}"), "a byte order mark was put before the body when it was signed"),
        (String::new(), "an empty body was signed instead of this one"),
        (
            BODY[50..BODY.len() - 1].to_owned(),
            "only the value of `data` was signed instead of the whole body",
        ),
        (
            serde_json::to_string(BODY).unwrap(),
            "the body was serialised twice: the signature is right for a JSON string that holds it",
        ),
    ] {
        assert_eq!(signed(SECRET, &over), cause);
    }
    let signature = format!("sha256={TAG}");
    for (body, cause) in [
        (format!("{BODY}\n"), "the body given ends in a line end that is not part of what was signed"),
        (format!("{BODY}\r\n"), "the body given ends in a line end that is not part of what was signed"),
        (
            format!("  {BODY} "),
            "the body given has white space around it that is not part of what was signed",
        ),
        (format!("\u{feff}{BODY}"), "the body given begins with a byte order mark that was not signed"),
    ] {
        assert_eq!(wrong(SECRET, &body, &signature, None), cause);
    }
    let signature = athens(&key(SECRET), b"two\nlines");
    assert_eq!(
        wrong(SECRET, "two\r\nlines", &signature, None),
        "the lines of the body given end in CRLF, those of the signed one in LF"
    );
    let signature = athens(&key(SECRET), b"two\r\nlines");
    assert_eq!(
        wrong(SECRET, "two\nlines", &signature, None),
        "the lines of the body given end in LF, those of the signed one in CRLF"
    );
}

#[test]
fn two_mistakes_at_once_are_told_both() {
    // Python's answer for `json.dumps`.
    let python = "52b22623628fcf42b0b8f5ebadde4feec36470378a43421e144183a2173ea01d";
    let dumps = reserialised("Python's `json.dumps`");
    assert_eq!(
        wrong(SECRET, BODY, python, None),
        format!("the signature lacks its prefix `sha256=`\n{dumps}")
    );
    assert_eq!(
        wrong(&format!("{SECRET}\n"), BODY, &format!("sha256={python}"), None),
        format!("the secret given ends in a line end that is not part of the key\n{dumps}")
    );
    assert_eq!(
        signed(&SECRET[6..], &BODY[50..BODY.len() - 1]),
        "the prefix `whsec_` was taken off the secret, which is used whole for `X-Athens-Signature`\n\
         only the value of `data` was signed instead of the whole body"
    );
    let data =
        r#"{"10": 1.5, "zone": "S\u00fcd/2 <A> & B", "area": [], "big": 1e+21, "small": 1e-07, "note": {}}"#;
    assert_eq!(
        signed(SECRET, data),
        format!("only the value of `data` was signed instead of the whole body\n{dumps}")
    );
}

#[test]
fn what_was_signed_with_the_body_is_told() {
    let tag = |content: &str| {
        let mac = hmac(&key(SECRET).standard_key(), &[content.as_bytes(), BODY.as_bytes()]);
        format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
    };
    for (content, cause) in [
        ("", "only the body was signed, without id and timestamp"),
        ("1700000000.", "the id was left out: `timestamp.body` was signed"),
        ("msg_1.", "the timestamp was left out: `id.body` was signed"),
        ("1700000000.msg_1.", "id and timestamp were signed in the wrong order"),
        ("msg_11700000000", "the periods between id, timestamp and body were not signed"),
        ("msg_1.1700000000000.", "the timestamp was signed in milliseconds instead of seconds"),
    ] {
        assert_eq!(wrong(SECRET, BODY, &tag(content), Some(ENVELOPE)), cause);
    }
    assert_eq!(
        wrong(SECRET, BODY, &tag(""), None),
        "only the body was signed, without id and timestamp",
        "even where they are not known"
    );
}

#[test]
fn timestamps_that_receivers_refuse_are_told() {
    let at = |timestamp| Envelope { id: "msg_1", timestamp };
    let made = |timestamp| standard(&key(SECRET), "msg_1", timestamp, BODY.as_bytes());
    assert_eq!(right(SECRET, &made(NOW - 300), Some(at(NOW - 300))).0, Scheme::Standard);
    let causes = wrong(SECRET, BODY, &made(NOW - 301), Some(at(NOW - 301)));
    assert_eq!(causes, "the timestamp is 301 seconds old: receivers refuse more than 300");
    let causes = wrong(SECRET, BODY, &made(NOW + 301), Some(at(NOW + 301)));
    assert_eq!(causes, "the timestamp is 301 seconds ahead: receivers refuse more than 300");
    let causes = wrong(SECRET, BODY, &made(NOW), Some(at(NOW * 1000 + 123)));
    assert_eq!(causes, "the timestamp was given in milliseconds; seconds are signed");
    let causes = wrong(SECRET, BODY, &made(NOW * 1000), Some(at(NOW * 1000)));
    assert_eq!(causes, "the timestamp is in milliseconds: receivers take it for seconds and refuse it");
    for timestamp in [i64::MIN, i64::MAX] {
        wrong(SECRET, BODY, &made(timestamp), Some(at(timestamp)));
        wrong(SECRET, BODY, &made(NOW), Some(at(timestamp)));
    }
}

#[test]
fn the_signature_of_the_other_scheme_is_recognised() {
    let athens_tag = "this is the tag of `X-Athens-Signature`, not that of Standard Webhooks";
    for signature in [format!("v1,{TAG_BASE64}"), format!("v1,{TAG}"), TAG_BASE64.to_owned()] {
        assert_eq!(wrong(SECRET, BODY, &signature, Some(ENVELOPE)), athens_tag, "{signature}");
    }
    assert_eq!(wrong(SECRET, BODY, &format!("v1,{TAG_BASE64}"), None), athens_tag);
    let causes = wrong(SECRET, BODY, &format!("sha256={STANDARD_TAG}"), Some(ENVELOPE));
    assert_eq!(causes, "this is the signature of Standard Webhooks, not that of `X-Athens-Signature`");
}

#[test]
fn a_standard_signature_cannot_be_checked_without_id_and_timestamp() {
    let needed =
        "a signature of Standard Webhooks covers the id and timestamp of the message, which were not given";
    assert_eq!(wrong(SECRET, BODY, &format!("v1,{STANDARD_TAG}"), None), needed);
    let causes = wrong(SECRET, BODY, STANDARD_TAG, None);
    assert!(causes.starts_with("no usual form") && causes.ends_with(needed), "{causes}");
}

#[test]
fn what_nothing_explains_is_said_to_be_another_secret_or_body() {
    let causes = signed("another secret", BODY);
    assert!(causes.starts_with("no usual form") && causes.lines().count() == 1, "{causes}");
    let signature = format!("sha256={TAG}");
    assert!(wrong(SECRET, "", &signature, None).ends_with("the body given is empty"));
    let sorted = r#"{"data":{"zone":"x"},"event":"permit_approved"}"#;
    let causes = wrong(SECRET, sorted, &signature, None);
    assert!(causes.contains("\nthe body given is not in the form that ptw-hooks sends"), "{causes}");
}

#[test]
fn members_that_were_sorted_are_put_back_where_that_is_possible() {
    let sent = br#"{"event":"permit_approved","permit_id":1,"data":{"zone":"x"}}"#;
    let sorted = r#"{"data":{"zone":"x"},"event":"permit_approved","permit_id":1}"#;
    let causes = wrong(SECRET, sorted, &athens(&key(SECRET), sent), None);
    assert!(causes.starts_with(&reserialised("ptw-hooks")), "{causes}");
}

#[test]
fn odd_input_is_no_reason_to_panic() {
    let deep = "[".repeat(10_000);
    let bodies: [&[u8]; 7] = [b"", b"\xff\xfe", b"{", b"\"\\", b"\xef\xbb\xbf", b" \n", deep.as_bytes()];
    let signatures = [
        "",
        " ",
        ":",
        "=",
        "sha256=",
        "sha256=é",
        "v1,",
        "v1,=",
        "\"",
        "a:b:c:",
        "v1, v1,",
        "ééé",
        "sha256=zz",
    ];
    for secret in ["", "\n", "\"", "whsec_", "é", "=", "whsec_="] {
        for body in bodies {
            for signature in signatures {
                for standard in [None, Some(Envelope { id: "", timestamp: 0 })] {
                    assert!(matches!(check(secret, body, signature, standard), Verdict::Wrong { .. }));
                }
            }
            check(secret, body, TAG, Some(ENVELOPE));
        }
    }
}
