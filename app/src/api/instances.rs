//! Instances, their endpoints and the sample code made for them.

use async_trait::async_trait;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::{ApiError, Figure, Rights};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instance {
    /// `MQ_INST_<uid>_<8>`
    pub id: String,
    pub name: String,
    /// Empty: none.
    pub description: String,
    /// Region id.
    pub region: String,
    pub created_at_ms: i64,
    pub topics: Figure<u32>,
    pub groups: Figure<u32>,
    pub state: InstanceState,
    pub rights: Rights,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum InstanceState {
    Running,
    /// Its own TCP port can't be listened on; `why` in the operating system's words.
    PortUnavailable {
        port: u16,
        why: String,
    },
}

/// The instances of one region that the caller may see, by name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instances {
    pub rows: Vec<Instance>,
    /// Most instances an account may have in a region.
    pub max: u32,
    pub may_create: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstanceDetails {
    pub instance: Instance,
    pub topics_max: u32,
    pub groups_max: u32,
    /// In the order to be shown; listeners that do not exist are left out.
    pub endpoints: Vec<Endpoint>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoint {
    pub kind: EndpointKind,
    /// In full, as a client takes it.
    pub address: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum EndpointKind {
    /// Host name that starts with the instance ID, on the shared port.
    TcpHost,
    /// The instance's own port: works in every client as it stands.
    TcpPort,
    /// One for the region; the client names the instance as well.
    Http,
}

/// Languages there are sample projects for, with the word used in addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SampleLanguage {
    JavaOns,
    /// Apache's own client, 4.x and 5.x by a property of the project.
    JavaApache,
    Go,
    Python,
}

impl SampleLanguage {
    pub const ALL: [Self; 4] = [Self::JavaOns, Self::JavaApache, Self::Go, Self::Python];

    /// The word in addresses: `/samples/<slug>.zip`.
    pub fn slug(self) -> &'static str {
        match self {
            Self::JavaOns => "java-ons",
            Self::JavaApache => "java-apache",
            Self::Go => "go",
            Self::Python => "python",
        }
    }

    pub fn from_slug(slug: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|l| l.slug() == slug)
    }

    /// Name of the client library, the same in every language.
    pub fn label(self) -> &'static str {
        match self {
            Self::JavaOns => "Java (ONS)",
            Self::JavaApache => "Java (Apache 4.x, 5.x)",
            Self::Go => "Go",
            Self::Python => "Python",
        }
    }
}

/// What can be filled into the samples of an instance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SampleChoices {
    pub languages: Vec<SampleLanguage>,
    /// Topics whose type the samples can send; at most 100.
    pub topics: Vec<String>,
    /// Group IDs under TCP; at most 100.
    pub groups: Vec<String>,
    /// The caller's active AccessKey IDs.
    pub keys: Vec<String>,
}

/// What to fill in. An empty text gets a placeholder that says what belongs there.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SampleChoice {
    pub instance: String,
    pub language: SampleLanguage,
    pub topic: String,
    pub group: String,
    pub key: String,
}

/// A complete project. The same files are in the archive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sample {
    /// Producer first, then consumer, then build files and README.
    pub files: Vec<SampleFile>,
    /// What was filled in, or is still to be, as it stands in the files: the page marks it.
    pub filled: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SampleFile {
    pub path: String,
    pub text: String,
}

#[async_trait]
pub trait InstancePort {
    async fn instances(&self, region: String) -> Result<Instances, ApiError>;
    async fn instance(&self, id: String) -> Result<InstanceDetails, ApiError>;
    /// Errors: `Fields` (Region, InstanceName, Description), `LimitReached`, `NoPortFree`.
    async fn create_instance(&self, region: String, name: String, description: String) -> Result<Instance, ApiError>;
    async fn edit_instance(&self, id: String, name: String, description: String) -> Result<Instance, ApiError>;
    /// `confirm`: its name, typed. Errors: `NotEmpty`, `Fields(Confirm)`.
    async fn delete_instance(&self, id: String, confirm: String) -> Result<(), ApiError>;
    async fn sample_choices(&self, instance: String) -> Result<SampleChoices, ApiError>;
    async fn sample(&self, choice: SampleChoice) -> Result<Sample, ApiError>;
}

#[server(endpoint = "instances/list", input = leptos::server_fn::codec::Json)]
pub async fn load_instances(region: String) -> Result<Instances, ApiError> {
    super::port()?.instances(region).await
}

#[server(endpoint = "instances/get", input = leptos::server_fn::codec::Json)]
pub async fn load_instance(id: String) -> Result<InstanceDetails, ApiError> {
    super::port()?.instance(id).await
}

#[server(endpoint = "instances/create")]
pub async fn create_instance(region: String, name: String, description: String) -> Result<Instance, ApiError> {
    let made = super::port()?.create_instance(region, name, description).await?;
    leptos_axum::redirect(&crate::paths::instance(&made.region, &made.id));
    Ok(made)
}

#[server(endpoint = "instances/edit")]
pub async fn edit_instance(id: String, name: String, description: String) -> Result<Instance, ApiError> {
    super::port()?.edit_instance(id, name, description).await
}

#[server(endpoint = "instances/delete")]
pub async fn delete_instance(id: String, confirm: String) -> Result<(), ApiError> {
    super::port()?.delete_instance(id, confirm).await
}

#[server(endpoint = "instances/sample-choices", input = leptos::server_fn::codec::Json)]
pub async fn load_sample_choices(instance: String) -> Result<SampleChoices, ApiError> {
    super::port()?.sample_choices(instance).await
}

#[server(endpoint = "instances/sample", input = leptos::server_fn::codec::Json)]
pub async fn load_sample(choice: SampleChoice) -> Result<Sample, ApiError> {
    super::port()?.sample(choice).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_is_found_by_its_slug_only() {
        for language in SampleLanguage::ALL {
            assert_eq!(SampleLanguage::from_slug(language.slug()), Some(language));
        }
        assert_eq!(SampleLanguage::from_slug("../go"), None);
    }
}
