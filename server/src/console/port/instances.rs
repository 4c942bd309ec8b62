//! Instances, their endpoints and the sample code made for them.

use app::api::instances::{
    Endpoint, EndpointKind, Instance as InstanceRow, InstanceDetails, InstancePort, InstanceState, Instances, Sample,
    SampleChoice, SampleChoices, SampleFile, SampleLanguage,
};
use app::api::{ApiError, Figure, Problem};
use async_trait::async_trait;
use broker_core::access::Resource;
use broker_core::admin::ListenerState;
use broker_core::metadata::{GroupProtocol, MessageType};

use super::CallerPort;
use super::convert::capped;
use super::refusal::{Answer, refused};
use crate::samples::{self, Values};
use crate::tenant::instances::{InstanceView, NewInstance};

/// Names that a sample can be filled with, of each kind.
const CHOICES_MAX: usize = 100;

impl CallerPort {
    fn instance_row(&self, view: &InstanceView) -> InstanceRow {
        let of_broker = &view.instance.of_broker;
        let unavailable = |why: &str| InstanceState::PortUnavailable { port: of_broker.port, why: why.to_owned() };
        InstanceRow {
            id: of_broker.id.to_string(),
            name: view.instance.name.clone(),
            description: view.instance.description.clone(),
            region: of_broker.region.to_string(),
            created_at_ms: view.instance.created_at_ms,
            topics: Figure::Value(capped(view.topics)),
            groups: Figure::Value(capped(view.groups)),
            state: match &view.listener {
                Some(ListenerState::Listening(_)) => InstanceState::Running,
                Some(ListenerState::Unavailable(why)) => unavailable(why),
                None => unavailable("not opened yet"),
            },
            rights: self.rights(&view.instance, Resource::Instance),
        }
    }

    async fn list_instances(&self, region: &str) -> Answer<Instances> {
        let who = self.who()?;
        let platform = self.console.platform();
        if !platform.reach().regions.iter().any(|one| one.id == region) {
            return Err(Problem::NotFound);
        }
        let found = platform.instances(&who, Some(region)).await.map_err(refused)?;
        Ok(Instances {
            rows: found.iter().map(|view| self.instance_row(view)).collect(),
            max: capped(platform.limits().instances_max),
            may_create: platform.may_create_instance(&who),
        })
    }

    async fn instance_in_full(&self, id: &str) -> Answer<InstanceDetails> {
        let view = self.instance_view(id).await?;
        let limits = self.console.platform().limits();
        let mut endpoints = vec![Endpoint { kind: EndpointKind::TcpPort, address: view.tcp_endpoint.clone() }];
        if let Some(address) = &view.tcp_domain_endpoint {
            endpoints.push(Endpoint { kind: EndpointKind::TcpHost, address: address.clone() });
        }
        Ok(InstanceDetails {
            instance: self.instance_row(&view),
            topics_max: capped(limits.topics_max),
            groups_max: capped(limits.groups_max),
            endpoints,
        })
    }

    async fn make_instance(&self, region: String, name: String, description: String) -> Answer<InstanceRow> {
        // Spaces around a name come from pasting it.
        let name = name.trim().to_owned();
        let new = NewInstance { region: Some(region), name, description, ..NewInstance::default() };
        let view = self.console.platform().create_instance(&self.who()?, new).await.map_err(refused)?;
        Ok(self.instance_row(&view))
    }

    async fn change_instance(&self, id: &str, name: &str, description: &str) -> Answer<InstanceRow> {
        let who = self.who()?;
        let view =
            self.console.platform().update_instance(&who, id, name.trim(), description).await.map_err(refused)?;
        Ok(self.instance_row(&view))
    }

    async fn remove_instance(&self, id: &str, confirm: &str) -> Answer<()> {
        self.console.platform().delete_instance(&self.who()?, id, confirm).await.map_err(refused)
    }

    async fn choices(&self, instance: &str) -> Answer<SampleChoices> {
        let instance = self.instance(instance).await?;
        let normal = |one: &crate::db::resources::Topic| one.of_broker.message_type == MessageType::Normal;
        let topics = self.topics_of(&instance).await?.into_iter().filter(normal);
        let tcp = |one: &crate::db::resources::Group| one.of_broker.protocol == GroupProtocol::Tcp;
        let groups = self.groups_of(&instance).await?.into_iter().filter(tcp);
        let keys = self.own_keys().await?.into_iter().filter(|key| key.active).map(|key| key.id);
        Ok(SampleChoices {
            languages: SampleLanguage::ALL.to_vec(),
            topics: topics.map(|one| one.of_broker.name.to_string()).take(CHOICES_MAX).collect(),
            groups: groups.map(|one| one.of_broker.name.to_string()).take(CHOICES_MAX).collect(),
            keys: keys.collect(),
        })
    }

    /// Only names of things that exist and that the caller sees are filled in: no text of a request
    /// gets into a project.
    async fn fill_sample(&self, choice: SampleChoice) -> Answer<Sample> {
        let view = self.instance_view(&choice.instance).await?;
        if !choice.topic.is_empty() {
            self.topic(&choice.instance, &choice.topic, None).await?;
        }
        if !choice.group.is_empty() {
            self.group(&choice.instance, &choice.group).await?;
        }
        if !choice.key.is_empty() && !self.own_keys().await?.iter().any(|key| key.id == choice.key) {
            return Err(Problem::NotFound);
        }
        let or = |text: &str, placeholder: &str| if text.is_empty() { placeholder.to_owned() } else { text.to_owned() };
        let (topic, group) = (or(&choice.topic, "YOUR_TOPIC"), or(&choice.group, "GID_YOUR_GROUP"));
        let key = or(&choice.key, "YOUR_ACCESS_KEY_ID");
        let values = Values { endpoint: &view.tcp_endpoint, topic: &topic, group_id: &group, access_key_id: &key };
        let mut files = samples::render(choice.language, values).map_err(|error| {
            tracing::error!(%error, "a sample could not be rendered");
            Problem::Internal
        })?;
        let first = [samples::producer(choice.language), samples::consumer(choice.language)];
        files.sort_by_key(|file| first.iter().position(|path| *path == file.path).unwrap_or(first.len()));
        let filled = vec![view.tcp_endpoint.clone(), topic, group, key];
        Ok(Sample {
            files: files.into_iter().map(|file| SampleFile { path: file.path.to_owned(), text: file.text }).collect(),
            filled,
        })
    }
}

#[async_trait]
impl InstancePort for CallerPort {
    async fn instances(&self, region: String) -> Result<Instances, ApiError> {
        self.finish(self.list_instances(&region).await)
    }

    async fn instance(&self, id: String) -> Result<InstanceDetails, ApiError> {
        self.finish(self.instance_in_full(&id).await)
    }

    async fn create_instance(
        &self,
        region: String,
        name: String,
        description: String,
    ) -> Result<InstanceRow, ApiError> {
        self.finish(self.make_instance(region, name, description).await)
    }

    async fn edit_instance(&self, id: String, name: String, description: String) -> Result<InstanceRow, ApiError> {
        self.finish(self.change_instance(&id, &name, &description).await)
    }

    async fn delete_instance(&self, id: String, confirm: String) -> Result<(), ApiError> {
        self.finish(self.remove_instance(&id, &confirm).await)
    }

    async fn sample_choices(&self, instance: String) -> Result<SampleChoices, ApiError> {
        self.finish(self.choices(&instance).await)
    }

    async fn sample(&self, choice: SampleChoice) -> Result<Sample, ApiError> {
        self.finish(self.fill_sample(choice).await)
    }
}
