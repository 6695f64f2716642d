//! The files that a webhook needs for TLS beside what is configured for all: a certificate of its own to show, and the
//! authorities to trust. Their paths only; what is in them belongs to whoever renews them. Pure.

use crate::error::Problem;

/// The files of one webhook; absolute paths.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct TlsFiles {
    /// What is shown to a receiver that asks who sends.
    pub client: Option<ClientFiles>,
    /// PEM certificates to trust beside the system's and the configured ones.
    pub ca_file: Option<String>,
}

/// A client certificate and its key, always both.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct ClientFiles {
    /// The certificate, and those between it and its authority, as PEM.
    pub cert: String,
    /// The private key of the certificate, as PEM.
    pub key: String,
}

impl TlsFiles {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.client.is_none() && self.ca_file.is_none()
    }

    /// The path of the client certificate.
    pub fn cert(&self) -> Option<&str> {
        self.client.as_ref().map(|client| client.cert.as_str())
    }

    /// The path of the client certificate's key.
    pub fn key(&self) -> Option<&str> {
        self.client.as_ref().map(|client| client.key.as_str())
    }
}

/// What keeps these files from meaning anything at `url`, which was checked before.
pub fn check(files: &TlsFiles, url: &str) -> Vec<Problem> {
    // Without TLS nothing is shown and nothing is trusted: whoever sets them believes that something is protected.
    let plain = url.get(..5).is_some_and(|start| start.eq_ignore_ascii_case("http:"));
    let useless = |field, flag: &str| {
        Problem::other(
            field,
            format!("{field} cannot be used with a URL of http: only https has certificates"),
        )
        .hint(format!(
            "give the webhook a URL of https, or take the file away with `ptw-hooks update WEBHOOK {flag}`"
        ))
    };
    let mut problems = Vec::new();
    if files.client.as_ref().is_some_and(|client| client.cert.is_empty() != client.key.is_empty()) {
        problems.push(Problem::other(
            "client_cert",
            "client_cert and client_key come together: the certificate, and its private key",
        ));
    }
    if plain && files.client.is_some() {
        problems.push(useless("client_cert", "--no-client-cert"));
    }
    if plain && files.ca_file.is_some() {
        problems.push(useless("ca_file", "--no-ca-file"));
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_mean_nothing_without_tls() {
        let client = ClientFiles { cert: "/c.pem".into(), key: "/k.pem".into() };
        let files = TlsFiles { client: Some(client), ca_file: Some("/ca.pem".into()) };
        assert_eq!(check(&files, "https://erp.example/"), []);
        let fields: Vec<_> =
            check(&files, "HTTP://erp.example/").iter().map(|problem| problem.field).collect();
        assert_eq!(fields, ["client_cert", "ca_file"]);
        assert_eq!(check(&TlsFiles::default(), "http://erp.example/"), []);
    }

    #[test]
    fn a_certificate_without_its_key_is_none() {
        for (cert, key) in [("", "/k.pem"), ("/c.pem", "")] {
            let client = Some(ClientFiles { cert: cert.into(), key: key.into() });
            assert_eq!(check(&TlsFiles { client, ca_file: None }, "https://erp.example/").len(), 1);
        }
    }
}
