//! Who asks: tokens, as they are in the database now, and patience with those who guess.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use http::HeaderMap;
use http::header::AUTHORIZATION;
use jiff::Timestamp;
use parking_lot::{Mutex, RwLock};

use crate::token::{Token, TokenHash};

/// Every failure of a peer makes the answer to the next one twice as late.
const FIRST_DELAY: Duration = Duration::from_millis(100);
const LONGEST_DELAY: Duration = Duration::from_secs(1);
/// A peer is forgotten when it has not failed for this long.
const FORGOTTEN: Duration = Duration::from_secs(60);
/// At most this many peers are remembered.
const PEERS: usize = 4096;

/// What is known of tokens, and of peers that have none.
#[derive(Default)]
pub struct Auth {
    keys: RwLock<Vec<(TokenHash, Arc<Token>)>>,
    peers: Mutex<HashMap<IpAddr, Failures>>,
}

struct Failures {
    count: u32,
    last: Instant,
}

/// What a request shows of whoever asks.
pub enum Shown {
    /// Nothing.
    Nothing,
    /// A token that is known and valid.
    Token(Arc<Token>),
    /// Something else.
    Unknown,
}

impl Auth {
    /// From now on these tokens are the ones that are known.
    pub fn know(&self, keys: Vec<(TokenHash, Token)>) {
        let keys = keys.into_iter().map(|(hash, token)| (hash, Arc::new(token))).collect();
        *self.keys.write() = keys;
    }

    /// Who asks, by these headers. Each token is compared in the same time, whether it is the right one or not.
    pub fn who(&self, headers: &HeaderMap, now: Timestamp) -> Shown {
        let Some(value) = headers.get(AUTHORIZATION) else { return Shown::Nothing };
        let value = value.to_str().unwrap_or_default();
        let (scheme, text) = value.split_once(' ').unwrap_or((value, ""));
        if !scheme.eq_ignore_ascii_case("bearer") && !scheme.eq_ignore_ascii_case("token") {
            return Shown::Nothing;
        }
        let hash = TokenHash::of(text.trim());
        let mut found = None;
        for (known, token) in self.keys.read().iter() {
            if known.matches(&hash) {
                found = Some(Arc::clone(token));
            }
        }
        match found.filter(|token| token.is_valid(now)) {
            Some(token) => Shown::Token(token),
            None => Shown::Unknown,
        }
    }

    /// Notes that a peer has shown something that is no token, and says how long its answer is to wait.
    pub fn failed(&self, peer: IpAddr) -> Duration {
        let now = Instant::now();
        let mut peers = self.peers.lock();
        if peers.len() >= PEERS {
            peers.retain(|_, failures| now.duration_since(failures.last) < FORGOTTEN);
        }
        if peers.len() >= PEERS {
            // So many at once are one attacker: all of them wait.
            return LONGEST_DELAY;
        }
        let failures = peers.entry(peer).or_insert(Failures { count: 0, last: now });
        if now.duration_since(failures.last) >= FORGOTTEN {
            failures.count = 0;
        }
        failures.last = now;
        failures.count = failures.count.saturating_add(1);
        // The first one may be a slip.
        match failures.count {
            1 => Duration::ZERO,
            count => FIRST_DELAY.saturating_mul(1 << (count - 2).min(16)).min(LONGEST_DELAY),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_guesses_waits_longer_each_time_and_the_others_do_not() {
        let auth = Auth::default();
        let (one, other) = (IpAddr::from([127, 0, 0, 1]), IpAddr::from([127, 0, 0, 2]));
        let waits: Vec<u128> = (0..9).map(|_| auth.failed(one).as_millis()).collect();
        assert_eq!(waits, [0, 100, 200, 400, 800, 1000, 1000, 1000, 1000]);
        assert_eq!(auth.failed(other), Duration::ZERO);
    }
}
