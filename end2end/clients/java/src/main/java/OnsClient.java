import com.aliyun.openservices.ons.api.Action;
import com.aliyun.openservices.ons.api.Consumer;
import com.aliyun.openservices.ons.api.Message;
import com.aliyun.openservices.ons.api.ONSFactory;
import com.aliyun.openservices.ons.api.OnExceptionContext;
import com.aliyun.openservices.ons.api.Producer;
import com.aliyun.openservices.ons.api.PropertyKeyConst;
import com.aliyun.openservices.ons.api.PropertyValueConst;
import com.aliyun.openservices.ons.api.SendCallback;
import com.aliyun.openservices.ons.api.SendResult;
import java.util.Map;
import java.util.Properties;

final class OnsClient implements Driver.Client {
    private static Properties properties(Map<String, String> settings) {
        Properties properties = new Properties();
        properties.put(PropertyKeyConst.NAMESRV_ADDR, settings.get("endpoint"));
        properties.put(PropertyKeyConst.GROUP_ID, settings.get("group"));
        properties.put(PropertyKeyConst.AccessKey, settings.get("key_id"));
        properties.put(PropertyKeyConst.SecretKey, settings.get("secret"));
        properties.put(PropertyKeyConst.SendMsgTimeoutMillis, "5000");
        if (settings.containsKey("instance")) {
            properties.put(PropertyKeyConst.INSTANCE_ID, settings.get("instance"));
        }
        return properties;
    }

    @Override
    public Driver.Sender producer(Map<String, String> settings) {
        Producer producer = ONSFactory.createProducer(properties(settings));
        producer.start();
        return new Driver.Sender() {
            @Override
            public void send(String how, String topic, String tag, String key, byte[] body, Driver.Outcome outcome) {
                Message message = new Message(topic, tag, key, body);
                if (how.equals("sync")) {
                    outcome.sent(producer.send(message).getMessageId());
                } else if (how.equals("oneway")) {
                    producer.sendOneway(message);
                    outcome.sent(message.getMsgID());
                } else {
                    producer.sendAsync(message, new SendCallback() {
                        @Override
                        public void onSuccess(SendResult result) {
                            outcome.sent(result.getMessageId());
                        }

                        @Override
                        public void onException(OnExceptionContext context) {
                            outcome.failed(context.getException());
                        }
                    });
                }
            }

            @Override
            public void close() {
                producer.shutdown();
            }
        };
    }

    @Override
    public AutoCloseable consumer(Map<String, String> settings, Driver.Receiver receiver) {
        Properties properties = properties(settings);
        if (settings.get("model").equals("broadcasting")) {
            properties.put(PropertyKeyConst.MessageModel, PropertyValueConst.BROADCASTING);
        }
        Consumer consumer = ONSFactory.createConsumer(properties);
        consumer.subscribe(settings.get("topic"), settings.get("tags"), (message, context) -> {
            receiver.received(message.getMsgID(), message.getTopic(), message.getTag(), message.getKey(), message.getBody());
            return Action.CommitMessage;
        });
        consumer.start();
        return consumer::shutdown;
    }
}
