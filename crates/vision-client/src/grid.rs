use domain::{AccessUnit, BoundingBox};

use crate::StillError;
use crate::protocol::{GridUnits, MAX_MESSAGE, WireUnit};

/// Most key frames of one request: the worker answers before somebody loses patience.
const MOST_UNITS: usize = 64;

/// Key frames whose brightness is wanted.
#[derive(Clone, Debug)]
pub struct GridRequest {
    /// Key frames of one set of parameters, at most 64.
    pub units: Vec<AccessUnit>,
    /// The part of the picture that matters, in parts of it.
    pub area: BoundingBox,
}

impl GridRequest {
    pub(crate) fn into_units(self) -> Result<GridUnits, StillError> {
        let refused = |problem: &str| Err(StillError::Request(problem.to_owned()));
        let Some(first) = self.units.first() else { return refused("no key frames were given") };
        let parameters = (*first.parameters).clone();
        let (count, bytes) = (self.units.len(), self.units.iter().map(|unit| unit.data.len()).sum::<usize>());
        if count > MOST_UNITS || bytes > MAX_MESSAGE / 2 {
            return refused(&format!("{count} key frames of {bytes} bytes are too many at once"));
        }
        if self.units.iter().any(|unit| !unit.random_access || *unit.parameters != parameters) {
            return refused("not all are key frames of one set of parameters");
        }
        let units = self.units.into_iter().map(|unit| WireUnit { time: unit.time, data: unit.data });
        Ok(GridUnits { parameters, units: units.collect(), area: self.area.clamped() })
    }
}
