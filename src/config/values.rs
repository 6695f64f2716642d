//! Single settings: from what somebody has written to what the product works with, or why that cannot be used.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::net::IpAddr;
use std::path::Path;
use std::time::Duration;

use anyhow::{Result, anyhow, bail};
use ipnet::IpNet;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use super::file::Failure;
use crate::hooks::{OnFailure, Recipient};
use crate::incident::Threshold;
use crate::output::Format;
use crate::sender::{EgressPolicy, Proxy};
use crate::time;
use crate::upkeep::Age;
use crate::webhook::{Schedule, TIMEOUTS, wait};

/// With a proxy, the rules for addresses hold for what is reached without it, for addresses that stand in a URL, and for
/// its own; what a name leads to is looked up by the proxy. Whoever has set rules has to know that.
pub fn acknowledged(egress_of: Option<&str>, proxy: Option<&Proxy>, egress: &EgressPolicy) -> Result<()> {
    match egress_of {
        Some("proxy") => Ok(()),
        Some(other) => bail!("proxy_egress cannot be `{other}`: it is `proxy`, or left out"),
        None if proxy.is_some() && *egress != EgressPolicy::default() => bail!(
            "deny_private, allow and deny cannot be checked for names with `proxy`, which looks them up itself; have the \
             proxy refuse those addresses, and say so with `proxy_egress = \"proxy\"`"
        ),
        None => Ok(()),
    }
}

pub fn format(name: &str) -> Result<Format> {
    Format::from_name(name)
        .ok_or_else(|| anyhow!("output cannot be `{name}`: it is table, json, ndjson, csv or tsv"))
}

pub fn timeout(text: &str) -> Result<Duration> {
    time::duration(text)
        .ok()
        .filter(|timeout| TIMEOUTS.contains(timeout) && timeout.subsec_nanos() == 0)
        .ok_or_else(|| anyhow!("timeout cannot be `{text}`: it is from `1s` to `30s`, in whole seconds"))
}

pub fn schedule(waits: &[String]) -> Result<Schedule> {
    let wait =
        |text: &String| wait(text).map_err(|how| anyhow!("retry_schedule cannot hold `{text}`: {how}"));
    let schedule = Schedule(waits.iter().map(wait).collect::<Result<_>>()?);
    match schedule.fault() {
        Some(fault) => bail!("retry_schedule {fault}"),
        None => Ok(schedule),
    }
}

pub fn retention(text: &str) -> Result<Age> {
    text.parse().map_err(|how: String| anyhow!("retention cannot be `{text}`: {how}"))
}

pub fn on_failure(table: Failure, beside: &Path) -> Result<OnFailure> {
    let default = Threshold::default();
    let time = match table.time.as_deref().map(|text| (text, time::duration(text))) {
        None => default.time,
        Some((_, Ok(time))) if !time.is_zero() => time,
        Some((text, _)) => bail!("on_failure.time cannot be `{text}`: it is a duration such as `10m`"),
    };
    let failures = table.failures.unwrap_or(default.failures);
    if failures == 0 {
        bail!("on_failure.failures cannot be `0`: it is how many attempts in a row have to fail");
    }
    let recipient = match (table.command, table.webhook) {
        (Some(_), Some(_)) => bail!("on_failure has both `command` and `webhook`: one of them is told"),
        (Some(mut command), None) => {
            let Some(program) = command.first_mut().filter(|program| !program.is_empty()) else {
                bail!(
                    "on_failure.command is empty: write the program and its arguments, such as `[\"/usr/local/bin/page\", \"ops\"]`"
                );
            };
            // With a path, as others of the file; without one it is looked for in `PATH`.
            if program.contains('/') {
                *program = beside.join(&*program).to_string_lossy().into_owned();
            }
            Some(Recipient::Command(command.into_iter().map(OsString::from).collect()))
        }
        (None, webhook) => webhook.map(Recipient::Webhook),
    };
    Ok(OnFailure { threshold: Threshold { failures, time }, recipient })
}

pub fn networks(name: &str, list: Option<Vec<String>>) -> Result<Vec<IpNet>> {
    let network = |text: String| {
        let single = || text.parse::<IpAddr>().map(IpNet::from).ok();
        text.parse().ok().or_else(single).ok_or_else(|| {
            anyhow!("{name} cannot hold `{text}`: write a network such as `10.0.0.0/8` or an address")
        })
    };
    list.unwrap_or_default().into_iter().map(network).collect()
}

pub fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>> {
    let shown = path.display();
    let contents = || {
        // A pipe could make every command wait, and a device never ends.
        if !fs::metadata(path)?.is_file() {
            return Err(io::Error::other("it is not a file"));
        }
        fs::read(path)
    };
    let pem = contents().map_err(|error| anyhow!("cannot read ca_file `{shown}`: {error}"))?;
    let found: Vec<_> = CertificateDer::pem_slice_iter(&pem)
        .collect::<std::result::Result<_, _>>()
        .map_err(|error| anyhow!("cannot use ca_file `{shown}`: it is not PEM: {error}"))?;
    if found.is_empty() {
        bail!("cannot use ca_file `{shown}`: there is no certificate in it");
    }
    Ok(found)
}
