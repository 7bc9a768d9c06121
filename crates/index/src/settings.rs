//! Settings of the installation that live with its data.

use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::columns::corrupt;
use crate::{Index, IndexError, Result};

impl Index {
    /// Reads a setting; `None` where it was never written.
    pub async fn setting<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>> {
        let value: Option<Value> = sqlx::query_scalar("SELECT value FROM settings WHERE key = $1")
            .bind(key)
            .fetch_optional(&self.pool)
            .await?;
        let read =
            |value| serde_json::from_value(value).map_err(|error| corrupt(&format!("setting {key}"), error));
        value.map(read).transpose()
    }

    /// Writes a setting.
    pub async fn put_setting<T: Serialize + Sync>(&self, key: &str, value: &T) -> Result<()> {
        let value = serde_json::to_value(value)
            .map_err(|error| IndexError::Invalid { field: "value", problem: error.to_string() })?;
        sqlx::query(
            "INSERT INTO settings (key, value) VALUES ($1, $2)
             ON CONFLICT (key) DO UPDATE SET value = EXCLUDED.value, updated_at = now()",
        )
        .bind(key)
        .bind(value)
        .execute(&self.pool)
        .await?;
        Ok(())
    }
}
