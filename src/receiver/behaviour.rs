//! How a receiver answers, well or badly.

use std::time::Duration;

use jiff::Timestamp;

/// What a receiver does with a request that it has got.
#[derive(Debug, Clone, PartialEq)]
pub struct Behaviour {
    /// The status of an answer to a request that is right.
    pub status: u16,
    /// Seconds for `Retry-After`, with a status that is no success.
    pub retry_after: Option<u32>,
    /// Where a redirect leads.
    pub location: Option<String>,
    /// How long it waits before it answers.
    pub delay: Duration,
    /// Whether the answer goes out a byte at a time.
    pub drip: bool,
    /// Whether the connection is reset in place of an answer.
    pub reset: bool,
    /// The share of requests that get a 500, from 0 to 1.
    pub fail_rate: f64,
}

impl Default for Behaviour {
    fn default() -> Self {
        Self {
            status: 204,
            retry_after: None,
            location: None,
            delay: Duration::ZERO,
            drip: false,
            reset: false,
            fail_rate: 0.0,
        }
    }
}

impl Behaviour {
    /// The status for the request that comes after `before` others. The share that fails is spread evenly and not
    /// drawn: who tries out what their side does about it sees the same each time.
    pub fn status(&self, before: u64) -> u16 {
        if failures(before + 1, self.fail_rate) > failures(before, self.fail_rate) {
            500
        } else {
            self.status
        }
    }
}

/// How many of so many requests fail.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "it is the whole part of a product of what is not negative"
)]
fn failures(requests: u64, rate: f64) -> u64 {
    // What is a hair below a whole number is meant to be it: 0.1 × 30.
    (requests as f64 * rate + 1e-9) as u64
}

/// The head of an answer, which has no body. `allow` names the method that is taken here.
pub fn head(status: u16, allow: Option<&str>, behaviour: &Behaviour, at: Timestamp, close: bool) -> String {
    let reason = http::StatusCode::from_u16(status).ok().and_then(|code| code.canonical_reason());
    let mut lines = vec![
        format!("HTTP/1.1 {status} {}", reason.unwrap_or_default()),
        // RFC 9110, section 5.6.7.
        format!("date: {}", at.strftime("%a, %d %b %Y %H:%M:%S GMT")),
    ];
    // RFC 9110, section 8.6: none with 204.
    lines.extend((status != 204).then(|| "content-length: 0".to_owned()));
    lines.extend(allow.map(|method| format!("allow: {method}")));
    let asked = behaviour.retry_after.filter(|_| status == behaviour.status && !(200..300).contains(&status));
    lines.extend(asked.map(|seconds| format!("retry-after: {seconds}")));
    let to = behaviour.location.as_ref().filter(|_| status == behaviour.status);
    lines.extend(to.map(|to| format!("location: {to}")));
    lines.extend(close.then(|| "connection: close".to_owned()));
    lines.join("\r\n") + "\r\n\r\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_share_that_fails_is_spread_evenly() {
        for (rate, failed) in [(0.0, 0), (0.3, 30), (0.1, 10), (1.0, 100), (0.005, 0)] {
            let behaviour = Behaviour { fail_rate: rate, ..Behaviour::default() };
            let statuses: Vec<u16> = (0..100).map(|before| behaviour.status(before)).collect();
            assert_eq!(statuses.iter().filter(|status| **status == 500).count(), failed, "{rate}");
        }
        let third = Behaviour { fail_rate: 0.34, status: 200, ..Behaviour::default() };
        assert_eq!([0, 1, 2, 3].map(|before| third.status(before)), [200, 200, 500, 200]);
    }

    #[test]
    fn a_head_has_what_the_behaviour_says() {
        let at: Timestamp = "2024-01-15T10:30:00Z".parse().unwrap();
        let usual = head(204, None, &Behaviour::default(), at, false);
        assert_eq!(usual, "HTTP/1.1 204 No Content\r\ndate: Mon, 15 Jan 2024 10:30:00 GMT\r\n\r\n");
        let busy = Behaviour { status: 503, retry_after: Some(30), ..Behaviour::default() };
        let text = head(503, None, &busy, at, true);
        assert!(
            text.contains("\r\nretry-after: 30\r\n") && text.ends_with("connection: close\r\n\r\n"),
            "{text}"
        );
        assert!(!head(401, None, &busy, at, true).contains("retry-after"));
    }
}
