//! The resources file: read, checked as far as it can be without the catalogue, secrets fetched
//! from where it names them. The form is part of the product.

use std::path::Path;

use serde::Deserialize;
use toml::Spanned;

use super::{
    Plan, PlannedAccount, PlannedGrant, PlannedGroup, PlannedInstance, PlannedKey, PlannedTopic, PlannedUser,
    ProvisionError,
};
use crate::auth::password;
use crate::auth::rights::Actions;
use crate::auth::sealing::Secret;
use crate::config::layers::line_of;
use crate::db::accounts::Role;
use crate::db::resources::{parse_flush, parse_protocol, parse_type};
use crate::tenant::names;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    account: Vec<Account>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Account {
    name: Spanned<String>,
    uid: Option<Spanned<String>>,
    #[serde(default)]
    service: bool,
    #[serde(default)]
    user: Vec<User>,
    #[serde(default)]
    instance: Vec<Instance>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct User {
    name: Spanned<String>,
    role: Spanned<String>,
    #[serde(default)]
    operator: bool,
    password_env: Option<Spanned<String>>,
    password_file: Option<Spanned<String>>,
    #[serde(default)]
    access_key: Vec<Key>,
    #[serde(default)]
    grant: Vec<Grant>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Key {
    id: Spanned<String>,
    secret_env: Option<Spanned<String>>,
    secret_file: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Grant {
    instance: Spanned<String>,
    resource: Spanned<String>,
    allow: Spanned<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Instance {
    name: Spanned<String>,
    region: Option<String>,
    id_suffix: Option<Spanned<String>>,
    tcp_port: Option<Spanned<i64>>,
    #[serde(default)]
    topic: Vec<Topic>,
    #[serde(default)]
    group: Vec<Group>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Topic {
    name: Spanned<String>,
    #[serde(rename = "type")]
    message_type: Spanned<String>,
    queues: Option<Spanned<i64>>,
    flush: Option<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
    name: Spanned<String>,
    protocol: Spanned<String>,
}

struct Reader<'a> {
    path: &'a Path,
    text: &'a str,
    environment: &'a dyn Fn(&str) -> Option<String>,
}

/// Reads and checks a resources file.
///
/// - `environment`: looks up the variables that it names.
pub fn read(path: &Path, environment: &dyn Fn(&str) -> Option<String>) -> Result<Plan, ProvisionError> {
    let text =
        std::fs::read_to_string(path).map_err(|source| ProvisionError::Read { path: path.to_owned(), source })?;
    let reader = Reader { path, text: &text, environment };
    let file: File = toml::from_str(&text).map_err(|error| {
        let start = error.span().map_or(0, |span| span.start);
        ProvisionError::Line {
            path: path.to_owned(),
            line: line_of(&text, start),
            what: error.message().trim().replace('\n', "; "),
        }
    })?;
    let accounts = file.account.into_iter().map(|account| reader.account(account)).collect::<Result<_, _>>()?;
    Ok(Plan { path: path.to_owned(), accounts })
}

impl Reader<'_> {
    fn line<T>(&self, value: &Spanned<T>) -> usize {
        line_of(self.text, value.span().start)
    }

    fn wrong<T>(&self, at: &Spanned<T>, what: impl Into<String>) -> ProvisionError {
        ProvisionError::Line { path: self.path.to_owned(), line: self.line(at), what: what.into() }
    }

    fn rule<T, E: std::fmt::Display>(&self, at: &Spanned<T>, checked: Result<(), E>) -> Result<(), ProvisionError> {
        checked.map_err(|rule| self.wrong(at, rule.to_string()))
    }

    fn account(&self, account: Account) -> Result<PlannedAccount, ProvisionError> {
        self.rule(&account.name, names::account(account.name.get_ref()))?;
        if let Some(uid) = &account.uid {
            self.rule(uid, names::uid(uid.get_ref()))?;
        }
        let name = account.name.get_ref().clone();
        Ok(PlannedAccount {
            line: self.line(&account.name),
            uid: account.uid.map(Spanned::into_inner),
            service: account.service,
            users: account.user.into_iter().map(|user| self.user(&name, user)).collect::<Result<_, _>>()?,
            instances: account.instance.into_iter().map(|one| self.instance(one)).collect::<Result<_, _>>()?,
            name,
        })
    }

    /// The secret that an entry names, from the environment or from a file.
    fn secret(
        &self,
        what: &str,
        at: usize,
        variable: Option<Spanned<String>>,
        file: Option<Spanned<String>>,
    ) -> Result<Option<Secret>, ProvisionError> {
        let wrong = |line, what| ProvisionError::Line { path: self.path.to_owned(), line, what };
        match (variable, file) {
            (None, None) => Ok(None),
            (Some(_), Some(_)) => Err(wrong(at, format!("name either {what}_env or {what}_file, not both"))),
            (Some(variable), None) => match (self.environment)(variable.get_ref()) {
                Some(text) => Ok(Some(Secret::new(text))),
                None => Err(self.wrong(
                    &variable,
                    format!("the environment variable {} is not set; set it, or use {what}_file", variable.get_ref()),
                )),
            },
            (None, Some(file)) => {
                // Beside the resources file when it is not absolute.
                let path = self.path.parent().unwrap_or(Path::new("")).join(file.get_ref());
                match std::fs::read_to_string(&path) {
                    Ok(text) => Ok(Some(Secret::new(text.trim_end_matches(['\r', '\n']).to_owned()))),
                    Err(error) => Err(self.wrong(&file, format!("{} can't be read: {error}", path.display()))),
                }
            }
        }
    }

    fn user(&self, account: &str, user: User) -> Result<PlannedUser, ProvisionError> {
        self.rule(&user.name, names::user(user.name.get_ref()))?;
        let line = self.line(&user.name);
        let role = Role::parse(user.role.get_ref())
            .ok_or_else(|| self.wrong(&user.role, "a role is \"owner\" or \"member\""))?;
        if let (Role::Owner, Some(grant)) = (role, user.grant.first()) {
            return Err(self.wrong(&grant.instance, "an owner may do everything already; grants are for members"));
        }
        let password = self.secret("password", line, user.password_env, user.password_file)?;
        if let Some(password) = &password {
            self.rule(&user.name, password::check(password.reveal(), &[account, user.name.get_ref()]))?;
        }
        Ok(PlannedUser {
            line,
            name: user.name.into_inner(),
            role,
            operator: user.operator,
            password,
            access_keys: user.access_key.into_iter().map(|key| self.key(key)).collect::<Result<_, _>>()?,
            grants: user.grant.into_iter().map(|grant| self.grant(grant)).collect::<Result<_, _>>()?,
        })
    }

    fn key(&self, key: Key) -> Result<PlannedKey, ProvisionError> {
        let line = self.line(&key.id);
        let secret = self
            .secret("secret", line, key.secret_env, key.secret_file)?
            .ok_or_else(|| self.wrong(&key.id, "an access_key needs secret_env or secret_file"))?;
        self.rule(&key.id, names::access_key(key.id.get_ref(), secret.reveal()))?;
        Ok(PlannedKey { line, id: key.id.into_inner(), secret })
    }

    fn grant(&self, grant: Grant) -> Result<PlannedGrant, ProvisionError> {
        let resource = grant.resource.get_ref();
        let name = resource.strip_suffix('*').unwrap_or(resource);
        let legal = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
        if resource.is_empty() || resource.len() > 65 || !legal {
            let cure = "a resource is a Topic or Group ID, such a name's start followed by *, or *";
            return Err(self.wrong(&grant.resource, cure));
        }
        let actions = Actions::parse(&grant.allow.get_ref().join(","))
            .filter(|actions| !actions.is_empty())
            .ok_or_else(|| self.wrong(&grant.allow, "allow takes \"publish\", \"subscribe\", \"query\", \"manage\""))?;
        Ok(PlannedGrant {
            line: self.line(&grant.instance),
            instance: (grant.instance.get_ref() != "*").then(|| grant.instance.get_ref().clone()),
            resource: resource.clone(),
            actions,
        })
    }

    fn instance(&self, instance: Instance) -> Result<PlannedInstance, ProvisionError> {
        self.rule(&instance.name, names::instance(instance.name.get_ref()))?;
        if let Some(suffix) = &instance.id_suffix {
            self.rule(suffix, names::id_suffix(suffix.get_ref()))?;
        }
        let tcp_port = match &instance.tcp_port {
            None => None,
            Some(port) => match u16::try_from(*port.get_ref()) {
                Ok(number) if number > 0 => Some(number),
                _ => return Err(self.wrong(port, "a port is 1 to 65535")),
            },
        };
        Ok(PlannedInstance {
            line: self.line(&instance.name),
            region: instance.region,
            id_suffix: instance.id_suffix.map(Spanned::into_inner),
            tcp_port,
            topics: instance.topic.into_iter().map(|topic| self.topic(topic)).collect::<Result<_, _>>()?,
            groups: instance.group.into_iter().map(|group| self.group(group)).collect::<Result<_, _>>()?,
            name: instance.name.into_inner(),
        })
    }

    fn topic(&self, topic: Topic) -> Result<PlannedTopic, ProvisionError> {
        self.rule(&topic.name, names::topic(topic.name.get_ref()))?;
        let message_type = parse_type(topic.message_type.get_ref()).ok_or_else(|| {
            let types = "a type is normal, partition_order, global_order, scheduled or transaction";
            self.wrong(&topic.message_type, types)
        })?;
        let queues = match &topic.queues {
            None => None,
            Some(queues) => {
                // What does not fit is over the limit, which the rule names.
                let number = u16::try_from(*queues.get_ref()).unwrap_or(u16::MAX);
                self.rule(queues, names::queues(message_type, number))?;
                Some(number)
            }
        };
        let flush = match &topic.flush {
            None => parse_flush("sync"),
            Some(flush) => parse_flush(flush.get_ref()),
        };
        let durability = match (flush, &topic.flush) {
            (Some(durability), _) => durability,
            (None, Some(flush)) => return Err(self.wrong(flush, "flush is \"sync\" or \"async\"")),
            (None, None) => broker_core::store::Durability::Synced,
        };
        Ok(PlannedTopic {
            line: self.line(&topic.name),
            name: topic.name.into_inner(),
            message_type,
            queues,
            durability,
        })
    }

    fn group(&self, group: Group) -> Result<PlannedGroup, ProvisionError> {
        self.rule(&group.name, names::group(group.name.get_ref()))?;
        let protocol = parse_protocol(group.protocol.get_ref())
            .ok_or_else(|| self.wrong(&group.protocol, "a protocol is \"tcp\" or \"http\""))?;
        Ok(PlannedGroup { line: self.line(&group.name), name: group.name.into_inner(), protocol })
    }
}
