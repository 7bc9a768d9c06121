//! A picture reduced to what it takes to see whether something moved in a part of it.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// How bright a picture is: finely in the part that matters, coarsely everywhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GreyGrid {
    /// Time of the picture.
    pub time: Timestamp,
    /// Cells in a row of the part.
    pub columns: u16,
    /// Mean brightness of each cell of the part, 0 to 255, row by row.
    pub cells: Bytes,
    /// The same of the whole picture, in a few cells that are the same for every picture: what the light does shows here.
    pub whole: Bytes,
}
