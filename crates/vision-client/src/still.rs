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
}

impl StillRequest {
    /// Only what the worker needs: the units from the last key frame at or before the moment, of one set of
    /// parameters, and of those after it no more than a decoder can hold back.
    pub(crate) fn into_units(self) -> Result<StillUnits, StillError> {
        /// H.264 and H.265 decoders hold back at most 16 pictures to put them in order.
        const REORDER: usize = 16;
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
        let mut bytes = first.data.len();
        let mut beyond = usize::from(first.time > self.at);
        let mut wire = vec![WireUnit { time: first.time, data: first.data }];
        for unit in units {
            beyond += usize::from(unit.time > self.at);
            if beyond > REORDER || unit.random_access || *unit.parameters != parameters {
                break;
            }
            bytes += unit.data.len();
            wire.push(WireUnit { time: unit.time, data: unit.data });
        }
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
