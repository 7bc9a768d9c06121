//! Settings of the installation that live with its data.

use serde::{Serialize, de::DeserializeOwned};

use crate::{Index, Result};

impl Index {
    /// Reads a setting; `None` where it was never written.
    pub async fn setting<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>> {
        todo!()
    }

    /// Writes a setting.
    pub async fn put_setting<T: Serialize + Sync>(&self, key: &str, value: &T) -> Result<()> {
        todo!()
    }
}
