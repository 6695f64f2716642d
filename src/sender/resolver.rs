//! Name look-ups: answered from a short cache, bounded in time and number, and judged by the egress policy.
//!
//! ureq's own resolver starts a thread for every request once a timeout is set. This one starts a thread
//! only for a name that is not in the cache, and never two for the same name at once.

use std::collections::HashMap;
use std::fmt;
use std::net::{IpAddr, SocketAddr, ToSocketAddrs};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use http::Uri;
use ureq::config::Config;
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;

use super::egress::{EgressPolicy, literal};
use super::progress;
use super::proxy::Proxy;

/// How long an answer is used again.
const FOUND_FOR: Duration = Duration::from_secs(30);
/// How long a failure is: long enough for the deliveries of one event, short enough for a retry.
const FAILED_FOR: Duration = Duration::from_secs(2);
/// More names than this at once are not looked up; each one costs a thread until the system answers.
const AT_ONCE: usize = 64;
/// Beyond this many names, those that have run out are dropped.
const KEPT: usize = 1024;
/// Of the addresses of a name, this many are tried; it is what ureq has room for.
const MOST_ADDRESSES: usize = 16;

/// Why there is no address to dial.
#[derive(Debug)]
pub enum NoAddress {
    /// The name could not be resolved; what the system says.
    Lookup(String),
    /// Every address is refused by policy; why the first one is.
    Blocked(String),
}

impl fmt::Display for NoAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Lookup(why) | Self::Blocked(why)) = self;
        f.write_str(why)
    }
}

impl std::error::Error for NoAddress {}

/// The resolver of one sender; its clones share one cache.
#[derive(Debug, Clone)]
pub struct CachingResolver {
    policy: Arc<EgressPolicy>,
    lookups: Arc<Lookups>,
    /// What is dialled in the place of the host.
    proxy: Option<Arc<Proxy>>,
}

#[derive(Debug, Default)]
struct Lookups {
    names: Mutex<HashMap<String, Lookup>>,
    changed: Condvar,
}

#[derive(Debug, Clone)]
enum Lookup {
    Running,
    Done(Result<Vec<IpAddr>, String>, Instant),
}

impl CachingResolver {
    pub fn new(policy: EgressPolicy, proxy: Option<Proxy>) -> Self {
        Self { policy: Arc::new(policy), lookups: Arc::default(), proxy: proxy.map(Arc::new) }
    }

    /// The same for hosts that are reached directly.
    pub fn without_proxy(&self) -> Self {
        Self { proxy: None, ..self.clone() }
    }

    /// The proxy, if there is one.
    pub fn proxy(&self) -> Option<Arc<Proxy>> {
        self.proxy.clone()
    }

    /// Refuses a host that is an address which may not be dialled. What a name leads to only the proxy knows.
    pub fn check_literal(&self, host: &str, port: u16) -> Result<(), ureq::Error> {
        match literal(host) {
            Some(address) => self.allowed(host, port, vec![address]).map(drop),
            None => Ok(()),
        }
    }

    /// What a host leads to, whether it may be dialled or not.
    pub fn addresses(&self, host: &str, within: Duration) -> Result<Vec<IpAddr>, ureq::Error> {
        match host.trim_matches(['[', ']']).parse() {
            Ok(address) => Ok(vec![address]),
            // Everything else goes through the system, `2852039166` and `0xa9fea9fe` included: what comes
            // back is what is judged and dialled.
            Err(_) => self.lookups.wait_for(host, within),
        }
    }

    /// Those of the addresses that may be dialled, at most as many as are tried.
    pub fn allowed(
        &self,
        host: &str,
        port: u16,
        addresses: Vec<IpAddr>,
    ) -> Result<Vec<SocketAddr>, ureq::Error> {
        let mut allowed = Vec::new();
        let mut refusal = None;
        for address in addresses {
            match self.policy.check(address) {
                Ok(()) if allowed.len() < MOST_ADDRESSES => allowed.push(SocketAddr::new(address, port)),
                Ok(()) => {}
                Err(why) => refusal = refusal.or(Some(why)),
            }
        }
        if allowed.is_empty() {
            let why = refusal.map_or_else(
                || NoAddress::Lookup(format!("`{host}` has no address")),
                |why| NoAddress::Blocked(format!("`{host}` leads to an address that is refused: {why}")),
            );
            return Err(ureq::Error::Other(Box::new(why)));
        }
        Ok(allowed)
    }
}

impl Resolver for CachingResolver {
    fn resolve(
        &self,
        uri: &Uri,
        _: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        progress::resolving();
        let (host, port) = host_and_port(uri);
        let found = match &self.proxy {
            None => self.addresses(host, *timeout.after).and_then(|found| self.allowed(host, port, found))?,
            Some(proxy) => {
                self.check_literal(host, port)?;
                let (host, port) = proxy.place();
                let found = self.addresses(host, *timeout.after);
                let found = found.and_then(|found| self.allowed(host, port, found));
                found.map_err(|error| proxy.unreached(error))?
            }
        };
        let mut result = self.empty();
        for address in found {
            result.push(address);
        }
        Ok(result)
    }
}

/// Where a URL leads; the port may be that of its scheme.
pub fn host_and_port(uri: &Uri) -> (&str, u16) {
    let port = uri.port_u16().unwrap_or(if uri.scheme_str() == Some("https") { 443 } else { 80 });
    (uri.host().unwrap_or_default(), port)
}

impl Lookups {
    fn wait_for(self: &Arc<Self>, host: &str, within: Duration) -> Result<Vec<IpAddr>, ureq::Error> {
        let failed = |why: String| ureq::Error::Other(Box::new(NoAddress::Lookup(why)));
        let deadline = Instant::now().checked_add(within);
        let mut names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let now = Instant::now();
            match names.get(host) {
                Some(Lookup::Done(result, until)) if *until > now => return result.clone().map_err(failed),
                Some(Lookup::Running) => {}
                _ => {
                    if names.len() >= KEPT {
                        names.retain(|_, lookup| !matches!(lookup, Lookup::Done(_, until) if *until <= now));
                    }
                    if names.values().filter(|lookup| matches!(lookup, Lookup::Running)).count() >= AT_ONCE {
                        return Err(failed(format!(
                            "`{host}` was not looked up: {AT_ONCE} other names are waited for"
                        )));
                    }
                    if !self.start(host) {
                        return Err(failed(format!(
                            "`{host}` was not looked up: the system is out of threads"
                        )));
                    }
                    names.insert(host.to_owned(), Lookup::Running);
                }
            }
            let left = deadline.map_or(Duration::MAX, |deadline| deadline.saturating_duration_since(now));
            if left.is_zero() {
                return Err(ureq::Error::Timeout(ureq::Timeout::Resolve));
            }
            let left = left.min(Duration::from_secs(60));
            names = self.changed.wait_timeout(names, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Whether the look-up could be started; its end is told through `changed`.
    fn start(self: &Arc<Self>, host: &str) -> bool {
        let (lookups, name) = (Arc::clone(self), host.to_owned());
        let run = move || {
            let result = (name.as_str(), 0)
                .to_socket_addrs()
                .map(|found| found.map(|address| address.ip()).collect())
                .map_err(|error| format!("`{name}` cannot be resolved: {}", detail(&error)));
            let kept = if result.is_ok() { FOUND_FOR } else { FAILED_FOR };
            let done = Lookup::Done(result, Instant::now() + kept);
            lookups.names.lock().unwrap_or_else(PoisonError::into_inner).insert(name, done);
            lookups.changed.notify_all();
        };
        thread::Builder::new().name("lookup".to_owned()).spawn(run).is_ok()
    }
}

/// The system's words without the prefix that repeats ours.
fn detail(error: &std::io::Error) -> String {
    let text = error.to_string();
    text.strip_prefix("failed to lookup address information: ").unwrap_or(&text).to_lowercase()
}
