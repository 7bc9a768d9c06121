//! The tokens of a Zalo Official Account. Several channels may speak for one, and a refresh token is good once: what one
//! of them renews is stored for all.

use ::notify::{TokenStore, ZaloTokens};
use async_trait::async_trait;
use domain::{ChannelId, ChannelSecrets, ChannelSettings, Secret};
use index::{Index, Vault, Visibility};
use tokio::sync::Mutex;

const ACCESS: &str = "access_token";
const REFRESH: &str = "refresh_token";
const KEY: &str = "secret_key";

/// One account: application, Official Account, and the key of the application, which whoever shares the tokens must
/// know as well.
pub(super) struct Account {
    index: Index,
    vault: Vault,
    app_id: String,
    oa_id: String,
    secret_key: Secret,
    turn: Mutex<()>,
    /// Renewed, and not stored yet because the database was away.
    unsaved: Mutex<Option<ZaloTokens>>,
}

impl Account {
    pub(super) fn new(index: Index, vault: Vault, app_id: String, oa_id: String, secret_key: Secret) -> Self {
        Self { index, vault, app_id, oa_id, secret_key, turn: Mutex::default(), unsaved: Mutex::default() }
    }

    /// Whether it is the account of a channel with these settings and this key.
    pub(super) fn is(&self, app_id: &str, oa_id: &str, secret_key: &Secret) -> bool {
        self.app_id == app_id && self.oa_id == oa_id && self.secret_key == *secret_key
    }

    /// The channels of the account with their secrets, those that were given or renewed last first.
    async fn channels(&self) -> index::Result<Vec<(ChannelId, ChannelSecrets)>> {
        let channels = self.index.channels(&Visibility::All).await?;
        let of_it = channels.into_iter().filter(|channel| match &channel.spec.settings {
            ChannelSettings::Zalo { app_id, oa_id, .. } => *app_id == self.app_id && *oa_id == self.oa_id,
            _ => false,
        });
        let ids: Vec<ChannelId> = of_it.map(|channel| channel.id).collect();
        let sealed = self.index.latest_secrets(&ids).await?;
        let opened = sealed.into_iter().filter_map(|(id, sealed)| {
            let secrets = self.vault.unseal_secrets(id, &sealed).ok()?;
            (secrets.get(KEY) == Some(&self.secret_key)).then_some((id, secrets))
        });
        Ok(opened.collect())
    }

    async fn store(&self, tokens: &ZaloTokens) -> Result<(), String> {
        let channels = self.channels().await.map_err(|error| error.to_string())?;
        let mut sealed = Vec::with_capacity(channels.len());
        for (id, mut secrets) in channels {
            secrets.insert(ACCESS.to_owned(), tokens.access.clone());
            secrets.insert(REFRESH.to_owned(), tokens.refresh.clone());
            sealed.push((id, self.vault.seal_secrets(id, &secrets).map_err(|error| error.to_string())?));
        }
        self.index.renew_secrets(&sealed).await.map_err(|error| error.to_string())
    }
}

#[async_trait]
impl TokenStore for Account {
    async fn load(&self) -> Result<ZaloTokens, String> {
        let mut unsaved = self.unsaved.lock().await;
        if let Some(tokens) = unsaved.as_ref() {
            self.store(tokens).await?;
            *unsaved = None;
        }
        drop(unsaved);
        let channels = self.channels().await.map_err(|error| error.to_string())?;
        let (_, secrets) = channels.into_iter().next().ok_or("its secrets are not stored")?;
        let secret = |name: &str| secrets.get(name).cloned().ok_or_else(|| format!("{name} is not stored"));
        Ok(ZaloTokens { access: secret(ACCESS)?, refresh: secret(REFRESH)? })
    }

    async fn save(&self, tokens: ZaloTokens) -> Result<(), String> {
        let mut unsaved = self.unsaved.lock().await;
        // Kept first: whoever waits here may be stopped in the middle.
        let tokens = unsaved.insert(tokens);
        self.store(tokens).await?;
        *unsaved = None;
        Ok(())
    }

    fn turn(&self) -> &Mutex<()> {
        &self.turn
    }
}
