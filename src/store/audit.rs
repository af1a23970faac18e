//! The words under which the store itself keeps what operators changed.

#[derive(Clone, Copy, Debug)]
pub(super) enum Action {
    RetryDelivery,
    RetryDestination,
    SkipDelivery,
    Erase,
}

impl Action {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::RetryDelivery => "deliveries.retry",
            Self::RetryDestination => "deliveries.retry_all",
            Self::SkipDelivery => "deliveries.skip",
            Self::Erase => "erasures.request",
        }
    }
}
