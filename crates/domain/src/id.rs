//! Identifiers. All are version 7 UUIDs, so they sort by the time at which they were made.

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        #[serde(transparent)]
        pub struct $name(pub uuid::Uuid);

        impl $name {
            /// A fresh identifier.
            #[must_use]
            pub fn generate() -> Self {
                Self(uuid::Uuid::now_v7())
            }

            /// An identifier made as if at the given time, to the millisecond. Times before 1970 count as 1970.
            #[must_use]
            pub fn at(time: crate::Timestamp) -> Self {
                let micros = u64::try_from(time.as_micros()).unwrap_or(0);
                let nanos = u32::try_from(micros % 1_000_000 * 1_000).unwrap_or(0);
                Self(uuid::Uuid::new_v7(uuid::Timestamp::from_unix(uuid::NoContext, micros / 1_000_000, nanos)))
            }

            /// The time at which it was made, to the millisecond; `None` for one that was not made here.
            #[must_use]
            pub fn time(self) -> Option<crate::Timestamp> {
                let (seconds, nanos) = self.0.get_timestamp()?.to_unix();
                let micros = i64::try_from(seconds).ok()?.checked_mul(1_000_000)?;
                Some(crate::Timestamp::from_micros(micros.checked_add(i64::from(nanos) / 1_000)?))
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    };
}

id!(
    /// An alarm bell.
    BellId
);
id!(
    /// A camera.
    CameraId
);
id!(
    /// A case.
    CaseId
);
id!(
    /// An item of a case.
    CaseItemId
);
id!(
    /// An export of a case.
    ExportId
);
id!(
    /// A way on which warnings go out.
    ChannelId
);
id!(
    /// A warning on its way out on one channel.
    DeliveryId
);
id!(
    /// An event: one track of one object at one camera.
    EventId
);
id!(
    /// One time that a rule fired.
    FiringId
);
id!(
    /// A review item.
    ReviewItemId
);
id!(
    /// What a resident told.
    ReportId
);
id!(
    /// One time that a sounder was rung.
    RingId
);
id!(
    /// A rule.
    RuleId
);
id!(
    /// A bell, siren or gong that can be rung.
    SounderId
);
id!(
    /// A person's time on duty.
    ShiftId
);
id!(
    /// What a camera has learnt not to flag.
    QuietSpotId
);
id!(
    /// A place of the place tree.
    PlaceId
);
id!(
    /// A person or machine with an account.
    UserId
);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Timestamp;

    #[test]
    fn an_identifier_keeps_the_time_it_was_made_for() {
        let at: Timestamp = "2026-11-23T07:00:00.123456Z".parse().unwrap();
        assert_eq!(EventId::at(at).time(), Some("2026-11-23T07:00:00.123Z".parse().unwrap()));
        assert_ne!(EventId::at(at), EventId::at(at));
    }
}
