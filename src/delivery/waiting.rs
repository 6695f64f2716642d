//! What a delivery waits for that is pending, beside its time. Pure.

/// What has to happen before a delivery that is pending is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WaitsFor {
    /// Its webhook is disabled.
    Enable,
    /// Its webhook is paused.
    Resume,
    /// An earlier delivery about the same permit has to end: its webhook is an ordered one.
    Earlier,
    /// It is due, and its webhook takes only so many requests at a time.
    Turn,
}

impl WaitsFor {
    /// Its name in JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Enable => "enable",
            Self::Resume => "resume",
            Self::Earlier => "earlier",
            Self::Turn => "turn",
        }
    }

    /// What it means, as a clause.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Enable => "waits until the webhook is enabled",
            Self::Resume => "waits until the webhook is resumed",
            Self::Earlier => "waits for an earlier delivery about this permit",
            Self::Turn => "waits for its turn, by the rate of the webhook",
        }
    }
}
