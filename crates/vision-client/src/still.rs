use std::time::Duration;

use bytes::Bytes;
use domain::{AccessUnit, BoundingBox, Timestamp};

use crate::StillError;
use crate::protocol::{MAX_MESSAGE, StillUnits, WireUnit};

/// A picture wanted from compressed footage.
#[derive(Clone, Debug)]
pub struct StillRequest {
    /// Units in decode order that hold the picture, from a key frame on. What comes before the last key frame
    /// at or before `at` is not sent.
    pub units: Vec<AccessUnit>,
    /// The moment wanted: the last picture at or before it, else the first.
    pub at: Timestamp,
    /// The part to cut out, in parts of the picture; some surroundings are added.
    pub crop: Option<BoundingBox>,
    /// Widest that the result may be, in pixels; it is never enlarged.
    pub max_width: Option<u32>,
    /// JPEG quality, 1 to 100.
    pub quality: u8,
}

/// A picture.
#[derive(Clone, Debug, PartialEq)]
pub struct Still {
    /// The JPEG file.
    pub jpeg: Bytes,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Time of the picture.
    pub time: Timestamp,
    /// Processor time that the worker spent on it.
    pub took: Duration,
}

impl StillRequest {
    /// Only what the worker needs: the units from the last key frame at or before the moment up to the picture
    /// that is wanted, of one set of parameters.
    pub(crate) fn into_units(self) -> Result<StillUnits, StillError> {
        let start = self
            .units
            .iter()
            .rposition(|unit| unit.random_access && unit.time <= self.at)
            .or_else(|| self.units.iter().position(|unit| unit.random_access))
            .ok_or_else(|| StillError::Request("the footage given holds no key frame".to_owned()))?;
        let mut units = self.units.into_iter().skip(start);
        let first =
            units.next().ok_or_else(|| StillError::Request("the footage given is empty".to_owned()))?;
        let parameters = (*first.parameters).clone();
        let mut wire = vec![WireUnit { time: first.time, data: first.data }];
        let rest = units.take_while(|unit| !unit.random_access && *unit.parameters == parameters);
        wire.extend(rest.map(|unit| WireUnit { time: unit.time, data: unit.data }));
        // Pictures may come in another order than they are shown in: all that were sent before it may be needed.
        let shown = wire.iter().enumerate().filter(|(_, unit)| unit.time <= self.at);
        let wanted = shown.max_by_key(|(_, unit)| unit.time).map_or(0, |(number, _)| number);
        wire.truncate(wanted + 1);
        let bytes: usize = wire.iter().map(|unit| unit.data.len()).sum();
        if bytes > MAX_MESSAGE / 2 {
            return Err(StillError::Request(format!(
                "{bytes} bytes of footage for one picture are too many"
            )));
        }
        Ok(StillUnits {
            parameters,
            units: wire,
            at: self.at,
            crop: self.crop,
            max_width: self.max_width,
            quality: self.quality.clamp(1, 100),
        })
    }
}
