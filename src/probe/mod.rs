//! What a look at a receiver has found, step by step, and the verdict on each step. Pure.

mod client;

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use jiff::fmt::rfc2822;
use jiff::{SignedDuration, Timestamp};

use crate::advice::advice;
use crate::delivery::{Attempt, Outcome, OutcomeKind, Phase};
use crate::upkeep::{Check, Verdict};
use client::Taken;

pub use client::ClientLook;

/// How an exchange failed, and what to say of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// How it ended.
    pub kind: OutcomeKind,
    /// Where it ended.
    pub phase: Phase,
    /// What went wrong, one clause.
    pub error: String,
}

/// What was found of a receiver. A step is `None` where it was not come to.
#[derive(Debug, Clone, Default)]
pub struct Probe {
    /// The proxy that leads to the receiver. The addresses are its own then.
    pub proxy: Option<String>,
    /// The client certificate of the webhook, if it has one.
    pub client: Option<ClientLook>,
    /// What the name leads to.
    pub addresses: Option<Result<Vec<IpAddr>, Fault>>,
    /// Which of those may be dialled.
    pub allowed: Option<Result<Vec<SocketAddr>, Fault>>,
    /// Which of those took the connection, and after how long.
    pub connected: Option<Result<(SocketAddr, Duration), Fault>>,
    /// The certificate; `None` too where the URL has no TLS.
    pub tls: Option<Result<Certificate, Fault>>,
    /// What was answered to `OPTIONS`, which changes nothing (RFC 9110, section 9.2.1).
    pub answer: Option<Result<Head, Fault>>,
}

/// What is known of the certificate of a receiver that is trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// When it ends.
    pub ends: Option<Timestamp>,
    /// When one between it and the authority ends, if that is within [`SOON`].
    pub chain_ends: Option<Timestamp>,
}

/// The head of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The status code.
    pub status: u16,
    /// The headers `Date` and `Location`.
    pub date: Option<String>,
    /// See `date`.
    pub location: Option<String>,
    /// When it came.
    pub at: Timestamp,
}

/// A certificate that ends within this is to be renewed now.
pub const SOON: SignedDuration = SignedDuration::from_hours(30 * 24);
/// A clock that is further off than this should be looked at; receivers refuse what is more than five minutes off.
const SKEW: SignedDuration = SignedDuration::from_secs(60);

/// A look at the receiver of a URL.
#[derive(Debug, Clone, Copy)]
pub struct Looked<'a> {
    /// Where requests are sent.
    pub url: &'a str,
    /// Whether that is without TLS and to another machine.
    pub plain: bool,
    /// What was found.
    pub probe: &'a Probe,
    /// When.
    pub now: Timestamp,
}

impl Looked<'_> {
    /// The verdicts on name, address, connection, TLS and HTTP.
    pub fn judge(&self) -> Vec<Check> {
        let probe = self.probe;
        let addresses = self.step("dns", probe.addresses.as_ref(), |addresses| {
            let all: Vec<String> = addresses.iter().take(8).map(ToString::to_string).collect();
            let all = all.join(", ");
            match &probe.proxy {
                Some(proxy) => Check::ok(
                    "dns",
                    format!("`{}` is looked up by the proxy `{proxy}`, which is at {all}", self.host()),
                ),
                None => Check::ok("dns", all),
            }
        });
        let allowed = self.step("egress", probe.allowed.as_ref(), |allowed| {
            let refused = probe.addresses.as_ref().and_then(|found| found.as_ref().ok()).map_or(0, Vec::len);
            let finding = format!("{} of {refused} addresses may be dialled", allowed.len());
            let finding = match &probe.proxy {
                Some(_) => {
                    format!(
                        "where `{}` leads is checked by the proxy, not here; of its own, {finding}",
                        self.host()
                    )
                }
                None => finding,
            };
            Check::ok("egress", finding)
        });
        let connected = self.step("connect", probe.connected.as_ref(), |(address, took)| {
            let took = took.as_secs_f64() * 1000.0;
            match &probe.proxy {
                Some(_) => Check::ok(
                    "connect",
                    format!("the proxy at {address} connected to `{}` in {took:.1} ms", self.host()),
                ),
                None => Check::ok("connect", format!("{address} answered in {took:.1} ms")),
            }
        });
        let client = probe.client.as_ref().map(|client| {
            let answered = probe.answer.as_ref().and_then(|answer| answer.as_ref().ok());
            client.judge(answered.map_or(Taken::Unknown, |head| Taken::Answered(head.status)), self.now)
        });
        let tls = if self.url.to_ascii_lowercase().starts_with("https:") {
            self.step("tls", probe.tls.as_ref(), |certificate| certificate.judge(self.now))
        } else {
            matches!(probe.connected, Some(Ok(_))).then(|| without_tls(self.plain))
        };
        let http = self.step("http", probe.answer.as_ref(), Head::judge);
        let mut checks = Vec::new();
        for (name, check) in
            [("dns", addresses), ("egress", allowed), ("connect", connected), ("tls", tls), ("http", http)]
        {
            if name == "tls" {
                checks.extend(client.clone());
            }
            let check = check.unwrap_or_else(|| after_failure(name, &checks));
            checks.push(check);
        }
        checks
    }

    /// The verdict on the receiver's clock; `checks` are those before it.
    pub fn skew(&self, checks: &[Check]) -> Check {
        const NAME: &str = "clock_skew";
        let Some(Ok(head)) = &self.probe.answer else { return after_failure(NAME, checks) };
        let date = head.date.as_ref().and_then(|date| rfc2822::parse(date).ok());
        let Some(date) = date else { return Check::skipped(NAME, "the answer has no `Date`") };
        // The date is cut to whole seconds.
        let ahead = date.timestamp().duration_since(head.at);
        let seconds = ahead.as_secs().abs();
        if ahead.abs() <= SKEW {
            return Check::ok(NAME, format!("the receiver's clock is within {} s of this one", seconds + 1));
        }
        let side = if ahead.is_negative() { "behind" } else { "ahead of" };
        Check::bad(
            (NAME, Verdict::Warning),
            format!("the receiver's clock is {seconds} s {side} this one"),
            "A receiver refuses a signature whose time is more than 5 minutes off. Compare both clocks with `timedatectl` \
             or `chronyc tracking`, and set them by NTP.",
        )
    }

    /// The host and the port of the URL, as it has them.
    fn host(&self) -> &str {
        let rest = self.url.split_once("://").map_or(self.url, |(_, rest)| rest);
        rest.split(['/', '?']).next().unwrap_or(rest)
    }

    /// `None` where the step was not come to.
    fn step<T>(
        &self,
        name: &'static str,
        step: Option<&Result<T, Fault>>,
        well: impl FnOnce(&T) -> Check,
    ) -> Option<Check> {
        Some(match step? {
            Ok(found) => well(found),
            Err(fault) => Check::bad((name, Verdict::Failed), fault.error.clone(), self.advice(fault)),
        })
    }

    /// The same that `inspect` gives to an attempt that has failed like this.
    fn advice(&self, fault: &Fault) -> String {
        let outcome = Outcome {
            kind: fault.kind,
            phase: fault.phase,
            error: fault.error.clone(),
            answer: None,
            duration: Duration::ZERO,
        };
        let url = self.url.to_owned();
        let attempt =
            Attempt { number: 1, started_at: self.now, url, headers: Vec::new(), outcome, signing: None };
        advice(&attempt).unwrap_or_default()
    }
}

impl Certificate {
    fn judge(&self, now: Timestamp) -> Check {
        const WARNING: (&str, Verdict) = ("tls", Verdict::Warning);
        let Some(ends) = self.ends else { return Check::ok("tls", "the certificate is trusted") };
        let days = ends.duration_since(now).as_hours() / 24;
        if ends.duration_since(now) < SOON {
            return Check::bad(
                WARNING,
                format!("the certificate expires in {days} days, at {ends}"),
                "Whoever runs the receiver has to renew it; from that moment on nothing is delivered.",
            );
        }
        match self.chain_ends {
            Some(ends) => Check::bad(
                WARNING,
                format!("a certificate between the receiver's and the authority expires at {ends}"),
                "Whoever runs the receiver has to install the chain anew; from that moment on nothing is delivered.",
            ),
            None => Check::ok("tls", format!("the certificate is trusted and expires in {days} days")),
        }
    }
}

fn without_tls(plain: bool) -> Check {
    if plain {
        Check::bad(
            ("tls", Verdict::Warning),
            "the URL is http: others on the way can read what is sent",
            "Give the receiver a certificate and use `https://`. What is sent is signed, so nobody can change it.",
        )
    } else {
        Check::skipped("tls", "the URL is http, and the receiver on this machine")
    }
}

impl Head {
    fn judge(&self) -> Check {
        const WARNING: (&str, Verdict) = ("http", Verdict::Warning);
        let status = self.status;
        let finding = format!("answered {status} to OPTIONS");
        match status {
            300..=399 => {
                let to = self.location.as_deref().unwrap_or("another address");
                Check::bad(
                    WARNING,
                    format!("{finding}, a redirect to `{to}`"),
                    "Redirects are not followed. If a POST is redirected as well, set the address with `ptw-hooks update \
                     WEBHOOK --url`; `--send` tries it.",
                )
            }
            500..=599 => Check::bad(
                WARNING,
                finding,
                "The receiver, or a proxy before it, has failed. Its own log says why; `--send` tries what an event gets.",
            ),
            _ => Check::ok("http", finding),
        }
    }
}

/// What is not looked at because something before it has failed.
pub fn after_failure(name: &'static str, before: &[Check]) -> Check {
    let failed = before.iter().find(|check| check.verdict == Verdict::Failed);
    Check::skipped(
        name,
        failed.map_or_else(String::new, |failed| format!("not looked at: `{}` has failed", failed.name)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2024-01-15T10:30:00Z".parse().unwrap()
    }

    fn verdicts(probe: &Probe) -> Vec<(&'static str, Verdict)> {
        let looked = Looked { url: "https://erp.example/x", plain: false, probe, now: now() };
        let mut checks = looked.judge();
        checks.push(looked.skew(&checks));
        assert!(checks.iter().all(|check| !check.finding.is_empty()), "{checks:?}");
        checks.iter().map(|check| (check.name, check.verdict)).collect()
    }

    fn well() -> Probe {
        let address = SocketAddr::from(([203, 0, 113, 9], 443));
        let head = Head {
            status: 405,
            date: Some("Mon, 15 Jan 2024 10:29:59 GMT".into()),
            location: None,
            at: now(),
        };
        Probe {
            proxy: None,
            client: None,
            addresses: Some(Ok(vec![address.ip()])),
            allowed: Some(Ok(vec![address])),
            connected: Some(Ok((address, Duration::from_millis(3)))),
            tls: Some(Ok(Certificate { ends: Some(now() + SOON + SOON), chain_ends: None })),
            answer: Some(Ok(head)),
        }
    }

    #[test]
    fn a_healthy_receiver_is_well_in_every_step() {
        assert!(verdicts(&well()).iter().all(|(_, verdict)| *verdict == Verdict::Ok));
    }

    #[test]
    fn what_comes_after_a_failure_is_skipped() {
        let error = "nothing listens at this address and port".to_owned();
        let fault = Fault { kind: OutcomeKind::Connect, phase: Phase::Connect, error };
        let probe = Probe { connected: Some(Err(fault)), tls: None, answer: None, ..well() };
        let expected = [
            ("dns", Verdict::Ok),
            ("egress", Verdict::Ok),
            ("connect", Verdict::Failed),
            ("tls", Verdict::Skipped),
            ("http", Verdict::Skipped),
            ("clock_skew", Verdict::Skipped),
        ];
        assert_eq!(verdicts(&probe), expected);
    }

    #[test]
    fn what_ends_soon_and_clocks_that_are_off_are_warnings() {
        let of = |probe: &Probe, name| verdicts(probe).iter().find(|found| found.0 == name).unwrap().1;
        let ending = |ends, chain_ends| Probe {
            tls: Some(Ok(Certificate { ends: Some(now() + ends), chain_ends })),
            ..well()
        };
        assert_eq!(of(&ending(SOON + SOON, Some(now())), "tls"), Verdict::Warning);
        assert_eq!(of(&ending(SignedDuration::from_hours(10 * 24), None), "tls"), Verdict::Warning);
        let answering = |status, date: &str| {
            let head = Head { status, date: Some(date.to_owned()), location: None, at: now() };
            Probe { answer: Some(Ok(head)), ..well() }
        };
        for (date, verdict) in [
            ("Mon, 15 Jan 2024 10:31:00 GMT", Verdict::Ok),
            ("Mon, 15 Jan 2024 10:31:01 GMT", Verdict::Warning),
            ("Mon, 15 Jan 2024 10:28:59 GMT", Verdict::Warning),
            ("yesterday", Verdict::Skipped),
        ] {
            assert_eq!(of(&answering(204, date), "clock_skew"), verdict, "{date}");
        }
        assert_eq!(of(&answering(502, ""), "http"), Verdict::Warning);
        assert_eq!(of(&answering(308, ""), "http"), Verdict::Warning);
    }
}
