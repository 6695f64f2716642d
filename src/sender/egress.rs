//! Which addresses may be dialled. Judges the address itself, whatever name led to it. Pure.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

/// What the configuration says about addresses.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EgressPolicy {
    /// Refuse private and loopback addresses, except those in `allow`.
    pub deny_private: bool,
    /// Exceptions from `deny_private`.
    pub allow: Vec<IpNet>,
    /// Refused in any case.
    pub deny: Vec<IpNet>,
}

/// Refused always: they lead to a cloud's metadata, to the link, to many receivers at once, or nowhere.
const NEVER_V4: [(Ipv4Net, &str); 7] = [
    (v4(0, 0, 0, 0, 8), "unspecified"),
    (v4(169, 254, 0, 0, 16), "link-local, where clouds keep their metadata"),
    (v4(168, 63, 129, 16, 32), "a cloud's internal service"),
    (v4(100, 100, 100, 200, 32), "a cloud's metadata service"),
    (v4(192, 0, 0, 0, 24), "reserved for protocols and metadata"),
    (v4(224, 0, 0, 0, 4), "multicast"),
    (v4(240, 0, 0, 0, 4), "reserved or broadcast"),
];
const NEVER_V6: [(Ipv6Net, &str); 6] = [
    (v6([0, 0, 0, 0, 0, 0, 0, 0], 128), "unspecified"),
    (v6([0xfe80, 0, 0, 0, 0, 0, 0, 0], 10), "link-local"),
    (v6([0xff00, 0, 0, 0, 0, 0, 0, 0], 8), "multicast"),
    (v6([0x100, 0, 0, 0, 0, 0, 0, 0], 64), "reserved for discarding"),
    (v6([0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254], 128), "a cloud's metadata service"),
    (v6([0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254], 128), "a cloud's metadata service"),
];

/// Refused under `deny_private`.
const PRIVATE_V4: [Ipv4Net; 6] = [
    v4(10, 0, 0, 0, 8),
    v4(172, 16, 0, 0, 12),
    v4(192, 168, 0, 0, 16),
    v4(127, 0, 0, 0, 8),
    v4(100, 64, 0, 0, 10),
    v4(198, 18, 0, 0, 15),
];
const PRIVATE_V6: [Ipv6Net; 3] = [
    v6([0, 0, 0, 0, 0, 0, 0, 1], 128),
    v6([0xfc00, 0, 0, 0, 0, 0, 0, 0], 7),
    v6([0xfec0, 0, 0, 0, 0, 0, 0, 0], 10),
];

impl EgressPolicy {
    /// Whether `address` may be dialled; if not, why.
    pub fn check(&self, address: IpAddr) -> Result<(), String> {
        for candidate in std::iter::once(address).chain(embedded(address)) {
            let refused = |why: &str| {
                let through = if candidate == address {
                    String::new()
                } else {
                    format!(" (it stands for {candidate})")
                };
                Err(format!("{address}{through} is {why}"))
            };
            if let Some(why) = never(candidate) {
                return refused(why);
            }
            if let Some(net) = self.deny.iter().find(|net| net.contains(&candidate)) {
                return refused(&format!("in `{net}`, which `deny` lists"));
            }
            if self.deny_private
                && is_private(candidate)
                && !self.allow.iter().any(|net| net.contains(&candidate))
            {
                return refused("private, and `deny_private` is set");
            }
        }
        Ok(())
    }
}

fn never(address: IpAddr) -> Option<&'static str> {
    match address {
        IpAddr::V4(v4) => NEVER_V4.iter().find(|(net, _)| net.contains(&v4)).map(|(_, why)| *why),
        IpAddr::V6(v6) => NEVER_V6.iter().find(|(net, _)| net.contains(&v6)).map(|(_, why)| *why),
    }
}

fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => PRIVATE_V4.iter().any(|net| net.contains(&v4)),
        IpAddr::V6(v6) => PRIVATE_V6.iter().any(|net| net.contains(&v6)),
    }
}

/// The IPv4 address that an IPv6 address carries to a gateway: mapped and compatible (RFC 4291, section
/// 2.5.5), NAT64 (RFC 6052 and RFC 8215), 6to4 (RFC 3056).
fn embedded(address: IpAddr) -> Option<IpAddr> {
    let IpAddr::V6(v6) = address else { return None };
    let last = |v6: Ipv6Addr| {
        let [.., a, b, c, d] = v6.octets();
        Ipv4Addr::new(a, b, c, d)
    };
    let v4 = match v6.segments() {
        [0, 0, 0, 0, 0, 0, 0, 0 | 1] => return None,
        [0, 0, 0, 0, 0, 0 | 0xffff, ..] | [0, 0, 0, 0, 0xffff, 0, ..] | [0x64, 0xff9b, ..] => last(v6),
        [0x2002, high, low, ..] => {
            let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
            Ipv4Addr::new(a, b, c, d)
        }
        _ => return None,
    };
    Some(IpAddr::V4(v4))
}

/// The address that a host of a URL is, in any form that a system takes for one: `2852039166` and `0xa9.0xfe.43518`
/// are 169.254.169.254 to `inet_aton`, which whoever resolves the host may use.
pub fn literal(host: &str) -> Option<IpAddr> {
    let host = host.trim_matches(['[', ']']);
    let host = host.strip_suffix('.').unwrap_or(host);
    if let Ok(address) = host.parse() {
        return Some(address);
    }
    let parts: Vec<u32> = host.split('.').map(number).collect::<Option<_>>()?;
    let (last, first) = parts.split_last()?;
    if first.len() > 3 || first.iter().any(|part| *part > 255) {
        return None;
    }
    // The last part fills all bytes that are left.
    let left = 8 * (4 - u32::try_from(first.len()).ok()?);
    if u64::from(*last) >= 1 << left {
        return None;
    }
    let bits = first.iter().fold(0, |bits, part| bits << 8 | u64::from(*part)) << left | u64::from(*last);
    Some(Ipv4Addr::from_bits(u32::try_from(bits).ok()?).into())
}

/// A number as C writes it: decimal, octal after a zero, hexadecimal after `0x`.
fn number(text: &str) -> Option<u32> {
    let lower = text.to_ascii_lowercase();
    let (digits, radix) = match lower.strip_prefix("0x") {
        Some("") => return Some(0),
        Some(digits) => (digits, 16),
        None if lower.len() > 1 && lower.starts_with('0') => (&lower[1..], 8),
        None => (lower.as_str(), 10),
    };
    if !digits.chars().all(|digit| digit.is_digit(radix)) {
        return None;
    }
    u32::from_str_radix(digits, radix).ok()
}

const fn v4(a: u8, b: u8, c: u8, d: u8, prefix: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, d), prefix)
}

const fn v6(s: [u16; 8], prefix: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::new(s[0], s[1], s[2], s[3], s[4], s[5], s[6], s[7]), prefix)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(policy: &EgressPolicy, address: &str) -> bool {
        policy.check(address.parse().unwrap()).is_ok()
    }

    #[test]
    fn metadata_and_link_local_are_refused_in_every_form() {
        for bad in [
            "169.254.169.254",
            "::ffff:169.254.169.254",
            "::169.254.169.254",
            "::ffff:0:a9fe:a9fe",
            "64:ff9b::169.254.169.254",
            "64:ff9b:1::a9fe:a9fe",
            "2002:a9fe:a9fe::1",
            "168.63.129.16",
            "100.100.100.200",
            "192.0.0.192",
            "fd00:ec2::254",
            "fe80::1",
            "0.0.0.0",
            "0.1.2.3",
            "::",
            "224.0.0.1",
            "ff02::1",
            "255.255.255.255",
            "240.0.0.1",
        ] {
            assert!(!allowed(&EgressPolicy::default(), bad), "{bad}");
        }
    }

    #[test]
    fn an_address_is_known_in_every_form_that_a_system_reads() {
        for host in [
            "169.254.169.254",
            "2852039166",
            "0xA9FEA9FE",
            "0xa9.0xfe.43518",
            "0251.0376.169.0376",
            "169.254.169.254.",
        ] {
            assert_eq!(literal(host), Some("169.254.169.254".parse().unwrap()), "{host}");
        }
        assert_eq!(literal("[fe80::1]"), Some("fe80::1".parse().unwrap()));
        assert_eq!(literal("127.1"), Some("127.0.0.1".parse().unwrap()));
        assert_eq!(literal("0"), Some("0.0.0.0".parse().unwrap()));
        for host in [
            "erp.example",
            "1.2.3.4.5",
            "256.1.1.1",
            "1.2.3.256",
            "4294967296",
            "08",
            "0xg",
            "",
            "1..2",
            "+1",
            "face",
        ] {
            assert_eq!(literal(host), None, "{host}");
        }
    }

    #[test]
    fn receivers_inside_a_plant_are_the_rule() {
        for good in ["127.0.0.1", "::1", "10.1.2.3", "192.168.0.1", "fd12::1", "203.0.113.9", "2001:db8::1"] {
            assert!(allowed(&EgressPolicy::default(), good), "{good}");
        }
    }

    #[test]
    fn the_configuration_refines_it() {
        let policy = EgressPolicy {
            deny_private: true,
            allow: vec!["10.1.0.0/16".parse().unwrap(), "169.254.0.0/16".parse().unwrap()],
            deny: vec!["10.1.9.0/24".parse().unwrap(), "203.0.113.0/24".parse().unwrap()],
        };
        for good in ["10.1.2.3", "::ffff:10.1.2.3", "198.51.100.1", "2001:db8::1"] {
            assert!(allowed(&policy, good), "{good}");
        }
        for bad in [
            "10.2.0.1",
            "127.0.0.1",
            "::1",
            "::ffff:127.0.0.1",
            "10.1.9.1",
            "203.0.113.1",
            "169.254.1.1",
            "fd12::1",
        ] {
            assert!(!allowed(&policy, bad), "{bad}");
        }
        assert!(!allowed(
            &EgressPolicy { deny: policy.deny, ..EgressPolicy::default() },
            "::ffff:203.0.113.1"
        ));
    }
}
