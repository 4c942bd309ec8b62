//! Sample projects: a producer and a consumer for each client language, complete and filled in with a tenant's own
//! endpoint, Topic, Group ID and AccessKey ID.
//!
//! The texts are askama templates under `templates/samples/<language>/`; the test suite compiles and runs the very
//! same projects. Nothing here knows a secret: the programs read it from the environment.

use app::api::instances::SampleLanguage;
use askama::Template;

/// The environment variable from which every sample reads the AccessKey secret.
pub const SECRET_ENV: &str = "TERNMQ_ACCESS_KEY_SECRET";

/// What is filled into a sample.
#[derive(Debug, Clone, Copy)]
pub struct Values<'a> {
    /// The TCP endpoint as the console shows it, e.g. `http://127.0.0.1:9901`.
    pub endpoint: &'a str,
    pub topic: &'a str,
    /// A Group ID of the TCP protocol.
    pub group_id: &'a str,
    pub access_key_id: &'a str,
}

/// One file of a rendered project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Inside the project, with `/`.
    pub path: &'static str,
    pub text: String,
}

/// The file that a page shows first: the producer.
pub fn producer(language: SampleLanguage) -> &'static str {
    match language {
        SampleLanguage::JavaOns | SampleLanguage::JavaApache => "src/main/java/SampleProducer.java",
        SampleLanguage::Go => "producer/main.go",
        SampleLanguage::Python => "producer.py",
    }
}

/// The file with the consumer.
pub fn consumer(language: SampleLanguage) -> &'static str {
    match language {
        SampleLanguage::JavaOns | SampleLanguage::JavaApache => "src/main/java/SampleConsumer.java",
        SampleLanguage::Go => "consumer/main.go",
        SampleLanguage::Python => "consumer.py",
    }
}

/// Every file of the project, the readme first.
///
/// - errors: a template that can't be rendered; the tests render all, so none in practice.
pub fn render(language: SampleLanguage, values: Values<'_>) -> Result<Vec<File>, askama::Error> {
    match language {
        SampleLanguage::JavaOns => java_ons(values),
        SampleLanguage::JavaApache => java_apache(values),
        SampleLanguage::Go => go(values),
        SampleLanguage::Python => python(values),
    }
}

/// Defines one template struct for each filled file of a project, and the function that renders them all; the plain
/// files have nothing to fill in.
macro_rules! project {
    ($render:ident, $folder:literal, plain: [$($plain:literal),+ $(,)?], $($file:literal => $template:ident),+ $(,)?) => {
        $(
            #[derive(Template)]
            // The values are names of a closed set of characters; escaping for one language would spoil the others.
            #[template(path = $file, escape = "none")]
            struct $template<'a> {
                endpoint: &'a str,
                topic: &'a str,
                group_id: &'a str,
                access_key_id: &'a str,
                secret_env: &'static str,
            }
        )+

        fn $render(values: Values<'_>) -> Result<Vec<File>, askama::Error> {
            let Values { endpoint, topic, group_id, access_key_id } = values;
            let mut files = vec![$(File {
                path: $file.strip_prefix($folder).unwrap_or($file),
                text: $template { endpoint, topic, group_id, access_key_id, secret_env: SECRET_ENV }.render()?,
            }),+];
            $(files.push(File {
                path: $plain,
                text: include_str!(concat!("../templates/", $folder, $plain)).to_owned(),
            });)+
            Ok(files)
        }
    };
}

project!(
    java_ons,
    "samples/java-ons/",
    plain: ["pom.xml"],
    "samples/java-ons/README.md" => JavaOnsReadme,
    "samples/java-ons/src/main/java/SampleProducer.java" => JavaOnsProducer,
    "samples/java-ons/src/main/java/SampleConsumer.java" => JavaOnsConsumer,
);

project!(
    java_apache,
    "samples/java-apache/",
    plain: ["pom.xml"],
    "samples/java-apache/README.md" => JavaApacheReadme,
    "samples/java-apache/src/main/java/SampleProducer.java" => JavaApacheProducer,
    "samples/java-apache/src/main/java/SampleConsumer.java" => JavaApacheConsumer,
);

project!(
    go,
    "samples/go/",
    plain: ["go.mod", "go.sum"],
    "samples/go/README.md" => GoReadme,
    "samples/go/producer/main.go" => GoProducer,
    "samples/go/consumer/main.go" => GoConsumer,
);

project!(
    python,
    "samples/python/",
    plain: ["requirements.txt"],
    "samples/python/README.md" => PythonReadme,
    "samples/python/producer.py" => PythonProducer,
    "samples/python/consumer.py" => PythonConsumer,
);

#[cfg(test)]
mod tests {
    use super::*;

    const VALUES: Values<'_> = Values {
        endpoint: "http://127.0.0.1:9901",
        topic: "TopicTestMQ",
        group_id: "GID_test",
        access_key_id: "TNQ0aB1cD2eF3gH4iJ5kL6mN",
    };

    #[test]
    fn every_program_has_the_tenants_values_and_no_secret() {
        for language in SampleLanguage::ALL {
            let slug = language.slug();
            let files = render(language, VALUES).expect("the templates render");
            for wanted in [producer(language), consumer(language)] {
                let file = files.iter().find(|file| file.path == wanted).expect("producer and consumer are there");
                for value in [VALUES.endpoint, VALUES.topic, VALUES.group_id, VALUES.access_key_id, SECRET_ENV] {
                    assert!(file.text.contains(value), "{slug} {} lacks {value}", file.path);
                }
            }
            assert!(files.iter().all(|file| !file.text.contains("{{") && !file.text.is_empty()), "{slug}");
            assert!(files.iter().all(|file| !file.path.starts_with("samples/")), "{slug}");
        }
    }

    #[test]
    fn the_producers_send_what_the_quick_start_says() {
        for language in SampleLanguage::ALL {
            let files = render(language, VALUES).expect("the templates render");
            let producer = files.iter().find(|file| file.path == producer(language)).expect("a producer");
            for part in ["TagA", "ORDERID_100", "Hello MQ", "Message ID"] {
                assert!(producer.text.contains(part), "{} lacks {part}", language.slug());
            }
        }
    }
}
