//! The place tree. Renaming, moving and merging never lose or hide old footage.

use chrono::{DateTime, Utc};
use domain::{GeoPoint, Place, PlaceId, PlaceKind, Timestamp};
use sqlx::postgres::PgConnection;
use sqlx::{FromRow, Postgres, QueryBuilder, Transaction};
use uuid::Uuid;

use crate::columns::{parse, point};
use crate::{Index, IndexError, Result, Visibility};

/// A place to add.
#[derive(Clone, Debug)]
pub struct NewPlace {
    /// The place that it is part of; `None` for a root.
    pub parent_id: Option<PlaceId>,
    /// What kind of place.
    pub kind: PlaceKind,
    /// What it is called.
    pub name: String,
    /// Where its middle is.
    pub point: Option<GeoPoint>,
}

/// What to change of a place; `None` leaves it. A new name keeps the old one among the former names.
#[derive(Clone, Debug, Default)]
pub struct PlaceChange {
    /// What it is to be called.
    pub name: Option<String>,
    /// What kind of place.
    pub kind: Option<PlaceKind>,
    /// Where its middle is; `Some(None)` to forget it.
    pub point: Option<Option<GeoPoint>>,
    /// Where to move it, with everything below it; `Some(None)` to make it a root.
    pub parent_id: Option<Option<PlaceId>>,
}

#[derive(FromRow)]
struct PlaceRow {
    id: Uuid,
    parent_id: Option<Uuid>,
    kind: String,
    name: String,
    former_names: Vec<String>,
    latitude: Option<f64>,
    longitude: Option<f64>,
    merged_into: Option<Uuid>,
    created_at: DateTime<Utc>,
    version: i64,
}

impl TryFrom<PlaceRow> for Place {
    type Error = IndexError;
    fn try_from(row: PlaceRow) -> Result<Self> {
        Ok(Self {
            id: PlaceId(row.id),
            parent_id: row.parent_id.map(PlaceId),
            kind: parse(&format!("place {}", row.id), &row.kind)?,
            name: row.name,
            former_names: row.former_names,
            point: point(row.latitude, row.longitude),
            merged_into: row.merged_into.map(PlaceId),
            created_at: Timestamp::from(row.created_at),
            version: row.version,
        })
    }
}

impl Visibility {
    /// The roots as an array to bind, or NULL for everything.
    pub(crate) fn roots(&self) -> Option<Vec<Uuid>> {
        match self {
            Self::All => None,
            Self::Places(roots) => Some(ids(roots)),
            Self::Nothing => Some(Vec::new()),
        }
    }
}

pub(crate) fn ids(places: &[PlaceId]) -> Vec<Uuid> {
    places.iter().map(|place| place.0).collect()
}

/// A name as it is stored: no blanks around it, something left of it.
pub(crate) fn name(field: crate::Field, text: &str) -> Result<String> {
    let text = text.trim();
    let problem = match text.chars().count() {
        0 => "it must not be empty",
        1..=200 if !text.chars().any(char::is_control) => return Ok(text.to_owned()),
        1..=200 => "it must not hold control characters",
        _ => "it must have at most 200 characters",
    };
    Err(IndexError::Invalid { field, problem: problem.to_owned() })
}

fn not_found(id: PlaceId) -> IndexError {
    IndexError::NotFound { what: "place", id: id.to_string() }
}

/// The order of siblings: by name as people sort it.
const ORDER: &str = "nlevel(p.path), p.name COLLATE by_name, p.id";

/// What keeps a place from being removed, in the order in which it is looked for.
const USED_BY: [&str; 8] = [
    "other places lie below it. Move, merge or remove them first",
    "cameras belong to it, or ones that were removed and still have footage. Move them to another place, or merge this \
     place into another",
    "events were seen there. Merge it into another place, so that they stay findable",
    "rules hold there. Remove them first, or merge it into another place",
    "channels belong to it. Remove them first, or merge it into another place",
    "alarm bells, sirens or gongs belong to it. Remove them first, or merge it into another place",
    "people were on duty there. Merge it into another place, so that their reports stay",
    "cases belong to it. Merge it into another place, so that they stay",
];

/// Restricts a statement to rows whose place, in `column`, is one of these or below.
pub(crate) fn push_below(sql: &mut QueryBuilder<Postgres>, column: &str, roots: Vec<Uuid>) {
    sql.push(" AND ").push(column).push(
        " IN (SELECT p.id FROM places p WHERE p.path <@ ARRAY(SELECT path FROM places WHERE id = ANY (",
    );
    sql.push_bind(roots).push(")))");
}

impl Index {
    /// Adds a place. `Invalid` where the parent does not exist or was merged away.
    pub async fn create_place(&self, new: NewPlace) -> Result<Place> {
        let name = name("name", &new.name)?;
        let mut transaction = self.change_tree().await?;
        if let Some(parent) = new.parent_id {
            require_open(&mut transaction, "parent_id", parent).await?;
        }
        let id = PlaceId::generate();
        sqlx::query(
            "WITH fresh AS (SELECT nextval(pg_get_serial_sequence('places', 'label'))::int AS label)
             INSERT INTO places (id, label, path, parent_id, kind, name, latitude, longitude)
             OVERRIDING SYSTEM VALUE
             SELECT $1, label, coalesce((SELECT path FROM places WHERE id = $2), '') || label::text,
                 $2, $3, $4, $5, $6 FROM fresh",
        )
        .bind(id.0)
        .bind(new.parent_id.map(|parent| parent.0))
        .bind(new.kind.as_str())
        .bind(name)
        .bind(new.point.map(|point| point.latitude))
        .bind(new.point.map(|point| point.longitude))
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        self.place(id).await
    }

    /// One place.
    pub async fn place(&self, id: PlaceId) -> Result<Place> {
        let mut connection = self.pool.acquire().await?;
        fetch(&mut connection, id).await
    }

    /// Every place that may be seen, parents before children, siblings by name.
    pub async fn places(&self, visible: &Visibility) -> Result<Vec<Place>> {
        let statement = format!(
            "SELECT p.* FROM places p
             WHERE $1::uuid[] IS NULL OR p.path <@ ARRAY(SELECT path FROM places WHERE id = ANY ($1))
             ORDER BY {ORDER}"
        );
        let rows: Vec<PlaceRow> = sqlx::query_as(sqlx::AssertSqlSafe(statement))
            .bind(visible.roots())
            .fetch_all(&self.pool)
            .await?;
        rows.into_iter().map(Place::try_from).collect()
    }

    /// Places whose present or former name contains the text, whatever its case and diacritics.
    pub async fn find_places(&self, text: &str, visible: &Visibility) -> Result<Vec<Place>> {
        let statement = format!(
            "SELECT p.* FROM places p
             WHERE ($1::uuid[] IS NULL OR p.path <@ ARRAY(SELECT path FROM places WHERE id = ANY ($1)))
               AND EXISTS (SELECT FROM unnest(p.name || p.former_names) AS known (name)
                           WHERE strpos(plain(known.name), plain($2)) > 0)
             ORDER BY {ORDER}"
        );
        let rows: Vec<PlaceRow> = sqlx::query_as(sqlx::AssertSqlSafe(statement))
            .bind(visible.roots())
            .bind(text.trim().replace('\0', ""))
            .fetch_all(&self.pool)
            .await?;
        rows.into_iter().map(Place::try_from).collect()
    }

    /// The places given and every place below them.
    pub async fn place_descendants(&self, roots: &[PlaceId]) -> Result<Vec<PlaceId>> {
        let ids: Vec<Uuid> = sqlx::query_scalar(
            "SELECT id FROM places WHERE path <@ ARRAY(SELECT path FROM places WHERE id = ANY ($1)) ORDER BY path",
        )
        .bind(ids(roots))
        .fetch_all(&self.pool)
        .await?;
        Ok(ids.into_iter().map(PlaceId).collect())
    }

    /// The place and every place above it, nearest first: where a role must be held to count here.
    pub async fn place_ancestors(&self, id: PlaceId) -> Result<Vec<PlaceId>> {
        let ids: Vec<Uuid> = sqlx::query_scalar(
            "SELECT id FROM places WHERE path @> (SELECT path FROM places WHERE id = $1) ORDER BY nlevel(path) DESC",
        )
        .bind(id.0)
        .fetch_all(&self.pool)
        .await?;
        if ids.is_empty() { Err(not_found(id)) } else { Ok(ids.into_iter().map(PlaceId).collect()) }
    }

    /// Renames, moves or describes a place anew. `Conflict` unless it has `version`.
    pub async fn change_place(&self, id: PlaceId, version: i64, change: PlaceChange) -> Result<Place> {
        let new_name = change.name.as_deref().map(|text| name("name", text)).transpose()?;
        let mut transaction = self.change_tree().await?;
        let place = fetch_version(&mut transaction, id, version).await?;
        if let Some(parent) = change.parent_id.filter(|parent| *parent != place.parent_id) {
            if place.merged_into.is_some() {
                return Err(IndexError::Invalid {
                    field: "parent_id",
                    problem: "a place that was merged into another stays below it".to_owned(),
                });
            }
            if let Some(parent) = parent {
                require_open(&mut transaction, "parent_id", parent).await?;
            }
            move_subtree(&mut transaction, id, parent, "parent_id").await?;
        }
        let mut former_names = place.former_names.clone();
        if let Some(new_name) = new_name.as_ref().filter(|new_name| **new_name != place.name) {
            former_names.retain(|former| *former != place.name && former != new_name);
            former_names.insert(0, place.name.clone());
        }
        let new_point = change.point.unwrap_or(place.point);
        sqlx::query(
            "UPDATE places SET name = $2, former_names = $3, kind = $4, latitude = $5, longitude = $6,
                 version = version + 1 WHERE id = $1",
        )
        .bind(id.0)
        .bind(new_name.unwrap_or(place.name))
        .bind(former_names)
        .bind(change.kind.unwrap_or(place.kind).as_str())
        .bind(new_point.map(|point| point.latitude))
        .bind(new_point.map(|point| point.longitude))
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        self.place(id).await
    }

    /// Merges a place into another: its cameras and children move to `into`, and it stays below `into`
    /// as a retired place that keeps its events and its names. Returns the retired place.
    ///
    /// Roles held at it are still held there: for its old footage, no longer for its cameras.
    pub async fn merge_place(&self, id: PlaceId, version: i64, into: PlaceId) -> Result<Place> {
        let mut transaction = self.change_tree().await?;
        let place = fetch_version(&mut transaction, id, version).await?;
        if let Some(merged_into) = place.merged_into {
            return Err(IndexError::Invalid {
                field: "id",
                problem: format!("the place was already merged into {merged_into}"),
            });
        }
        require_open(&mut transaction, "into", into).await?;
        move_subtree(&mut transaction, id, Some(into), "into").await?;
        // Its open children go on below the new place; what was merged into it before stays below it.
        let children: Vec<Uuid> =
            sqlx::query_scalar("SELECT id FROM places WHERE parent_id = $1 AND merged_into IS NULL")
                .bind(id.0)
                .fetch_all(&mut *transaction)
                .await?;
        for child in children {
            move_subtree(&mut transaction, PlaceId(child), Some(into), "into").await?;
        }
        sqlx::query("UPDATE cameras SET place_id = $2, version = version + 1 WHERE place_id = $1")
            .bind(id.0)
            .bind(into.0)
            .execute(&mut *transaction)
            .await?;
        for statement in [
            "UPDATE rules SET place_id = $2, version = version + 1 WHERE place_id = $1",
            "UPDATE channels SET place_id = $2, version = version + 1 WHERE place_id = $1",
            "UPDATE bells SET place_id = $2, version = version + 1 WHERE place_id = $1",
            "UPDATE sounders SET place_id = $2, version = version + 1 WHERE place_id = $1",
        ] {
            sqlx::query(statement).bind(id.0).bind(into.0).execute(&mut *transaction).await?;
        }
        sqlx::query("UPDATE places SET merged_into = $2, version = version + 1 WHERE id = $1")
            .bind(id.0)
            .bind(into.0)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        self.place(id).await
    }

    /// Removes a place. `InUse` while anything is there or happened there, as [`USED_BY`] says.
    pub async fn remove_place(&self, id: PlaceId, version: i64) -> Result<()> {
        let mut transaction = self.change_tree().await?;
        fetch_version(&mut transaction, id, version).await?;
        let used: Vec<bool> = sqlx::query_scalar(
            "SELECT ARRAY[EXISTS (SELECT FROM places WHERE parent_id = $1 OR merged_into = $1),
                    EXISTS (SELECT FROM cameras WHERE place_id = $1),
                    EXISTS (SELECT FROM viewpoints v JOIN events e ON e.viewpoint_id = v.id WHERE v.place_id = $1),
                    EXISTS (SELECT FROM rules WHERE place_id = $1),
                    EXISTS (SELECT FROM channels WHERE place_id = $1),
                    EXISTS (SELECT FROM bells WHERE place_id = $1) OR EXISTS (SELECT FROM sounders WHERE place_id = $1),
                    EXISTS (SELECT FROM shifts WHERE place_id = $1),
                    EXISTS (SELECT FROM cases WHERE place_id = $1)]",
        )
        .bind(id.0)
        .fetch_one(&mut *transaction)
        .await?;
        if let Some((_, by)) = used.iter().zip(USED_BY).find(|(used, _)| **used) {
            return Err(IndexError::InUse { what: "place", by: by.to_owned() });
        }
        sqlx::query("DELETE FROM places WHERE id = $1").bind(id.0).execute(&mut *transaction).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// A transaction that alone may change the tree: two moves at once could make a circle.
    async fn change_tree(&self) -> Result<Transaction<'static, Postgres>> {
        let mut transaction = self.pool.begin().await?;
        sqlx::query("SELECT pg_advisory_xact_lock(hashtext('taimat places'))")
            .execute(&mut *transaction)
            .await?;
        Ok(transaction)
    }
}

async fn fetch(connection: &mut PgConnection, id: PlaceId) -> Result<Place> {
    let row: Option<PlaceRow> =
        sqlx::query_as("SELECT * FROM places WHERE id = $1").bind(id.0).fetch_optional(connection).await?;
    row.ok_or_else(|| not_found(id))?.try_into()
}

async fn fetch_version(connection: &mut PgConnection, id: PlaceId, version: i64) -> Result<Place> {
    let place = fetch(connection, id).await?;
    if place.version == version {
        Ok(place)
    } else {
        Err(IndexError::Conflict { what: "place", have: place.version })
    }
}

/// That things may be put there: it exists and was not merged away.
pub(crate) async fn require_open(
    connection: &mut PgConnection,
    field: crate::Field,
    id: PlaceId,
) -> Result<()> {
    let problem = match fetch(connection, id).await {
        Ok(place) => match place.merged_into {
            None => return Ok(()),
            Some(into) => format!("{} was merged into place {into}: use that one", place.name),
        },
        Err(IndexError::NotFound { .. }) => format!("there is no place {id}"),
        Err(error) => return Err(error),
    };
    Err(IndexError::Invalid { field, problem })
}

async fn move_subtree(
    connection: &mut PgConnection,
    id: PlaceId,
    parent: Option<PlaceId>,
    field: crate::Field,
) -> Result<()> {
    let circle: bool = sqlx::query_scalar(
        "SELECT coalesce((SELECT path FROM places WHERE id = $2) <@ (SELECT path FROM places WHERE id = $1), false)",
    )
    .bind(id.0)
    .bind(parent.map(|parent| parent.0))
    .fetch_one(&mut *connection)
    .await?;
    if circle {
        return Err(IndexError::Invalid {
            field,
            problem: "a place cannot lie below itself: choose one that is not below it".to_owned(),
        });
    }
    sqlx::query(
        "UPDATE places p SET path = coalesce((SELECT path FROM places WHERE id = $2), '')
             || subpath(p.path, nlevel(moved.path) - 1)
         FROM (SELECT path FROM places WHERE id = $1) moved WHERE p.path <@ moved.path",
    )
    .bind(id.0)
    .bind(parent.map(|parent| parent.0))
    .execute(&mut *connection)
    .await?;
    sqlx::query("UPDATE places SET parent_id = $2 WHERE id = $1")
        .bind(id.0)
        .bind(parent.map(|parent| parent.0))
        .execute(connection)
        .await?;
    Ok(())
}
