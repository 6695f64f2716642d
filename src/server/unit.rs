//! A unit for systemd that gives the server what it needs and nothing else.

use std::path::Path;

/// The unit for the program at `program`. The database is in the state directory that systemd makes for it.
pub fn unit(program: &Path) -> String {
    let program = word(&program.display().to_string());
    format!(
        "\
[Unit]
Description=Webhooks of the permit-to-work system
After=network-online.target
Wants=network-online.target

[Service]
Type=notify
ExecStart={program} --db %S/ptw-hooks/ptw-hooks.db serve
ExecReload=/bin/kill -HUP $MAINPID
Restart=on-failure
RestartSec=1s
TimeoutStopSec=30s
DynamicUser=yes
StateDirectory=ptw-hooks
Environment=XDG_CONFIG_HOME=/etc
StateDirectoryMode=0700
UMask=0077
LimitNOFILE=16384
CapabilityBoundingSet=
LockPersonality=yes
MemoryDenyWriteExecute=yes
NoNewPrivileges=yes
PrivateDevices=yes
PrivateTmp=yes
ProcSubset=pid
ProtectClock=yes
ProtectControlGroups=yes
ProtectHome=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
ProtectSystem=strict
RemoveIPC=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources

[Install]
WantedBy=multi-user.target
"
    )
}

/// A word of a command as systemd reads it back (systemd.service(5), "Command lines").
fn word(text: &str) -> String {
    let text = text.replace('%', "%%").replace('$', "$$").replace('\\', "\\\\").replace('"', "\\\"");
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+%".contains(c);
    if text.chars().all(plain) { text } else { format!("\"{text}\"") }
}
