//! Cameras as they are configured.

use chrono::{DateTime, Utc};
use domain::{Camera, CameraId, GeoPoint, PlaceId, Timestamp, Transport};
use sqlx::FromRow;
use sqlx::postgres::PgConnection;
use url::Url;
use uuid::Uuid;

use crate::columns::{parse, point, signed, unsigned};
use crate::places::{ids, name, require_open};
use crate::{Field, Index, IndexError, Result, Visibility};

/// A camera to add. Its folder is made here from its name.
#[derive(Clone, Debug)]
pub struct NewCamera {
    /// Identifier: made by the caller, since the vault seals credentials for it.
    pub id: CameraId,
    /// What people call it.
    pub name: String,
    /// Where it belongs.
    pub place_id: PlaceId,
    /// Where it stands.
    pub point: Option<GeoPoint>,
    /// Where it looks: degrees clockwise from north.
    pub bearing: Option<f32>,
    /// Address of the main stream, without credentials.
    pub main_url: Url,
    /// Address of the sub stream, without credentials.
    pub sub_url: Option<Url>,
    /// How RTP travels.
    pub transport: Transport,
    /// User name and password as the [`crate::Vault`] sealed them for `id`.
    pub sealed_credentials: Option<Vec<u8>>,
    /// Whether it is to be pulled, recorded and analysed.
    pub enabled: bool,
    /// Whether it is to be analysed at all.
    pub analysed: bool,
    /// Footage older than this many days is removed.
    pub keep_days: Option<u32>,
    /// Footage beyond this many bytes is removed, oldest first.
    pub keep_bytes: Option<u64>,
}

/// What to change of a camera; `None` leaves it, and `Some(None)` forgets what may be absent.
#[derive(Clone, Debug, Default)]
pub struct CameraChange {
    /// What people call it.
    pub name: Option<String>,
    /// Where it belongs. Past events stay at the old place.
    pub place_id: Option<PlaceId>,
    /// Where it stands.
    pub point: Option<Option<GeoPoint>>,
    /// Where it looks: degrees clockwise from north.
    pub bearing: Option<Option<f32>>,
    /// Address of the main stream, without credentials.
    pub main_url: Option<Url>,
    /// Address of the sub stream, without credentials.
    pub sub_url: Option<Option<Url>>,
    /// How RTP travels.
    pub transport: Option<Transport>,
    /// User name and password as the [`crate::Vault`] sealed them for this camera.
    pub sealed_credentials: Option<Option<Vec<u8>>>,
    /// Whether it is to be pulled, recorded and analysed.
    pub enabled: Option<bool>,
    /// Whether it is to be analysed at all.
    pub analysed: Option<bool>,
    /// Footage older than this many days is removed.
    pub keep_days: Option<Option<u32>>,
    /// Footage beyond this many bytes is removed, oldest first.
    pub keep_bytes: Option<Option<u64>>,
}

#[derive(FromRow)]
struct CameraRow {
    id: Uuid,
    name: String,
    place_id: Uuid,
    latitude: Option<f64>,
    longitude: Option<f64>,
    bearing: Option<f32>,
    main_url: String,
    sub_url: Option<String>,
    transport: String,
    has_credentials: bool,
    enabled: bool,
    analysed: bool,
    folder: String,
    keep_days: Option<i32>,
    keep_bytes: Option<i64>,
    created_at: DateTime<Utc>,
    version: i64,
}

const CAMERAS: &str = "SELECT c.id, c.name, c.place_id, c.latitude, c.longitude, c.bearing, c.main_url, c.sub_url, \
    c.transport, c.credentials IS NOT NULL AS has_credentials, c.enabled, c.analysed, c.folder, c.keep_days, \
    c.keep_bytes, c.created_at, c.version FROM cameras c ";

impl TryFrom<CameraRow> for Camera {
    type Error = IndexError;
    fn try_from(row: CameraRow) -> Result<Self> {
        let what = format!("camera {}", row.id);
        Ok(Self {
            id: CameraId(row.id),
            name: row.name,
            place_id: PlaceId(row.place_id),
            point: point(row.latitude, row.longitude),
            bearing: row.bearing,
            main_url: parse(&what, &row.main_url)?,
            sub_url: row.sub_url.map(|url| parse(&what, &url)).transpose()?,
            transport: parse(&what, &row.transport)?,
            has_credentials: row.has_credentials,
            enabled: row.enabled,
            analysed: row.analysed,
            folder: row.folder,
            keep_days: row.keep_days.map(|days| unsigned(&what, i64::from(days))).transpose()?,
            keep_bytes: row.keep_bytes.map(|bytes| unsigned(&what, bytes)).transpose()?,
            created_at: Timestamp::from(row.created_at),
            version: row.version,
        })
    }
}

fn not_found(id: CameraId) -> IndexError {
    IndexError::NotFound { what: "camera", id: id.to_string() }
}

/// Credentials live sealed in a column of their own, never in an address.
fn without_credentials(field: Field, url: &Url) -> Result<()> {
    if url.username().is_empty() && url.password().is_none() {
        Ok(())
    } else {
        Err(IndexError::Invalid {
            field,
            problem: "give user name and password apart, not in the address".to_owned(),
        })
    }
}

impl Index {
    /// Adds a camera. `Invalid` where the place does not exist or was merged away.
    pub async fn create_camera(&self, new: NewCamera) -> Result<Camera> {
        let name = name("name", &new.name)?;
        without_credentials("main_url", &new.main_url)?;
        if let Some(url) = &new.sub_url {
            without_credentials("sub_url", url)?;
        }
        let mut transaction = self.pool.begin().await?;
        // One at a time, so that two cameras of one name get two folders.
        sqlx::query("SELECT pg_advisory_xact_lock(hashtext('taimat cameras'))")
            .execute(&mut *transaction)
            .await?;
        require_open(&mut transaction, "place_id", new.place_id).await?;
        let folder = free_folder(&mut transaction, &name).await?;
        sqlx::query(
            "INSERT INTO cameras (id, name, place_id, latitude, longitude, bearing, main_url, sub_url, transport,
                 credentials, enabled, analysed, folder, keep_days, keep_bytes)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
        )
        .bind(new.id.0)
        .bind(name)
        .bind(new.place_id.0)
        .bind(new.point.map(|point| point.latitude))
        .bind(new.point.map(|point| point.longitude))
        .bind(new.bearing)
        .bind(new.main_url.as_str())
        .bind(new.sub_url.as_ref().map(Url::as_str))
        .bind(new.transport.as_str())
        .bind(new.sealed_credentials)
        .bind(new.enabled)
        .bind(new.analysed)
        .bind(folder)
        .bind(new.keep_days.map(days))
        .bind(new.keep_bytes.map(signed))
        .execute(&mut *transaction)
        .await
        .map_err(|error| match error.as_database_error() {
            Some(refusal) if refusal.is_unique_violation() => {
                IndexError::Duplicate { field: "id", value: new.id.to_string() }
            }
            _ => error.into(),
        })?;
        transaction.commit().await?;
        self.camera(new.id).await
    }

    /// One camera, also one that was removed and still has footage.
    pub async fn camera(&self, id: CameraId) -> Result<Camera> {
        let statement = format!("{CAMERAS} WHERE c.id = $1");
        let row: Option<CameraRow> =
            sqlx::query_as(sqlx::AssertSqlSafe(statement)).bind(id.0).fetch_optional(&self.pool).await?;
        row.ok_or_else(|| not_found(id))?.try_into()
    }

    /// Cameras in use, by name; those of the places given and below where `places` is not empty.
    pub async fn cameras(&self, places: &[PlaceId], visible: &Visibility) -> Result<Vec<Camera>> {
        let statement = format!(
            "{CAMERAS} JOIN places p ON p.id = c.place_id
             WHERE c.removed_at IS NULL
               AND ($1::uuid[] IS NULL OR p.path <@ ARRAY(SELECT path FROM places WHERE id = ANY ($1)))
               AND ($2::uuid[] IS NULL OR p.path <@ ARRAY(SELECT path FROM places WHERE id = ANY ($2)))
             ORDER BY c.name COLLATE by_name, c.id"
        );
        let rows: Vec<CameraRow> = sqlx::query_as(sqlx::AssertSqlSafe(statement))
            .bind(visible.roots())
            .bind((!places.is_empty()).then(|| ids(places)))
            .fetch_all(&self.pool)
            .await?;
        rows.into_iter().map(Camera::try_from).collect()
    }

    /// Cameras that were removed and still have footage or events.
    pub async fn removed_cameras(&self) -> Result<Vec<Camera>> {
        let statement = format!("{CAMERAS} WHERE c.removed_at IS NOT NULL ORDER BY c.removed_at, c.id");
        let rows: Vec<CameraRow> =
            sqlx::query_as(sqlx::AssertSqlSafe(statement)).fetch_all(&self.pool).await?;
        rows.into_iter().map(Camera::try_from).collect()
    }

    /// User name and password as the vault sealed them.
    pub async fn sealed_credentials(&self, id: CameraId) -> Result<Option<Vec<u8>>> {
        let found: Option<Option<Vec<u8>>> =
            sqlx::query_scalar("SELECT credentials FROM cameras WHERE id = $1")
                .bind(id.0)
                .fetch_optional(&self.pool)
                .await?;
        found.ok_or_else(|| not_found(id))
    }

    /// Changes a camera. `Conflict` unless it has `version`.
    pub async fn change_camera(&self, id: CameraId, version: i64, change: CameraChange) -> Result<Camera> {
        let new_name = change.name.as_deref().map(|text| name("name", text)).transpose()?;
        if let Some(url) = &change.main_url {
            without_credentials("main_url", url)?;
        }
        if let Some(Some(url)) = &change.sub_url {
            without_credentials("sub_url", url)?;
        }
        let mut transaction = self.pool.begin().await?;
        let camera = lock_version(&mut transaction, id, version).await?;
        if let Some(place) = change.place_id.filter(|place| *place != camera.place_id) {
            require_open(&mut transaction, "place_id", place).await?;
        }
        let new_point = change.point.unwrap_or(camera.point);
        sqlx::query(
            "UPDATE cameras SET name = $2, place_id = $3, latitude = $4, longitude = $5, bearing = $6, main_url = $7,
                 sub_url = $8, transport = $9, credentials = CASE WHEN $10 THEN $11 ELSE credentials END,
                 enabled = $12, analysed = $13, keep_days = $14, keep_bytes = $15, version = version + 1
             WHERE id = $1",
        )
        .bind(id.0)
        .bind(new_name.unwrap_or(camera.name))
        .bind(change.place_id.unwrap_or(camera.place_id).0)
        .bind(new_point.map(|point| point.latitude))
        .bind(new_point.map(|point| point.longitude))
        .bind(change.bearing.unwrap_or(camera.bearing))
        .bind(change.main_url.unwrap_or(camera.main_url).as_str())
        .bind(change.sub_url.unwrap_or(camera.sub_url).as_ref().map(Url::as_str))
        .bind(change.transport.unwrap_or(camera.transport).as_str())
        .bind(change.sealed_credentials.is_some())
        .bind(change.sealed_credentials.flatten())
        .bind(change.enabled.unwrap_or(camera.enabled))
        .bind(change.analysed.unwrap_or(camera.analysed))
        .bind(change.keep_days.unwrap_or(camera.keep_days).map(days))
        .bind(change.keep_bytes.unwrap_or(camera.keep_bytes).map(signed))
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        self.camera(id).await
    }

    /// Takes a camera out of use and forgets its credentials. Its footage and events stay until retention
    /// removes them; then [the camera is forgotten too](Self::forget_removed_cameras).
    pub async fn remove_camera(&self, id: CameraId, version: i64) -> Result<()> {
        let mut transaction = self.pool.begin().await?;
        lock_version(&mut transaction, id, version).await?;
        sqlx::query(
            "UPDATE cameras SET removed_at = now(), enabled = false, credentials = NULL, version = version + 1
             WHERE id = $1",
        )
        .bind(id.0)
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(())
    }
}

/// The camera as it is, locked until the transaction ends; only while it is in use.
async fn lock_version(connection: &mut PgConnection, id: CameraId, version: i64) -> Result<Camera> {
    let statement = format!("{CAMERAS} WHERE c.id = $1 AND c.removed_at IS NULL FOR UPDATE");
    let row: Option<CameraRow> =
        sqlx::query_as(sqlx::AssertSqlSafe(statement)).bind(id.0).fetch_optional(connection).await?;
    let camera = Camera::try_from(row.ok_or_else(|| not_found(id))?)?;
    if camera.version == version {
        Ok(camera)
    } else {
        Err(IndexError::Conflict { what: "camera", have: camera.version })
    }
}

fn days(days: u32) -> i32 {
    i32::try_from(days).unwrap_or(i32::MAX)
}

/// A folder name that a person recognises and every file system takes: `Cổng trường số 2` becomes
/// `cong-truong-so-2`, and a second one `cong-truong-so-2-2`.
async fn free_folder(connection: &mut PgConnection, name: &str) -> Result<String> {
    let plain: String = sqlx::query_scalar("SELECT plain($1)").bind(name).fetch_one(&mut *connection).await?;
    let base = slug(&plain);
    let taken: Vec<String> =
        sqlx::query_scalar("SELECT folder FROM cameras WHERE folder = $1 OR starts_with(folder, $1 || '-')")
            .bind(&base)
            .fetch_all(connection)
            .await?;
    let candidates = std::iter::once(base.clone()).chain((2..).map(|number: u64| format!("{base}-{number}")));
    let free = candidates.take(taken.len() + 1).find(|candidate| !taken.contains(candidate));
    Ok(free.unwrap_or_else(|| format!("{base}-{}", Uuid::now_v7().simple())))
}

fn slug(plain: &str) -> String {
    let mut slug = String::new();
    for character in plain.chars().take(60) {
        if character.is_ascii_alphanumeric() {
            slug.push(character.to_ascii_lowercase());
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    let slug = slug.trim_end_matches('-');
    if slug.is_empty() { "camera".to_owned() } else { slug.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn slugs_are_safe_file_names(text: String) {
            let slug = slug(&text);
            prop_assert!(!slug.is_empty() && slug.len() <= 60);
            prop_assert!(slug.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-'));
            prop_assert!(!slug.starts_with('-') && !slug.ends_with('-'));
        }
    }
}
