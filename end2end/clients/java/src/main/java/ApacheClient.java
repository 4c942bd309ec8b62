import java.util.Map;
import org.apache.rocketmq.acl.common.AclClientRPCHook;
import org.apache.rocketmq.acl.common.SessionCredentials;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.listener.ConsumeConcurrentlyStatus;
import org.apache.rocketmq.client.consumer.listener.MessageListenerConcurrently;
import org.apache.rocketmq.client.consumer.rebalance.AllocateMessageQueueAveragely;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.client.producer.SendCallback;
import org.apache.rocketmq.client.producer.SendResult;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageExt;

final class ApacheClient implements Driver.Client {
    private static AclClientRPCHook hook(Map<String, String> settings) {
        return new AclClientRPCHook(new SessionCredentials(settings.get("key_id"), settings.get("secret")));
    }

    @Override
    public Driver.Sender producer(Map<String, String> settings) throws Exception {
        DefaultMQProducer producer = new DefaultMQProducer(settings.get("group"), hook(settings));
        producer.setNamesrvAddr(settings.get("endpoint"));
        producer.setSendMsgTimeout(5000);
        if (settings.containsKey("instance")) {
            producer.setNamespace(settings.get("instance"));
        }
        producer.start();
        return new Driver.Sender() {
            @Override
            public void send(String how, String topic, String tag, String key, byte[] body, Driver.Outcome outcome) throws Exception {
                Message message = new Message(topic, tag, key, body);
                if (how.equals("sync")) {
                    outcome.sent(producer.send(message).getMsgId());
                } else if (how.equals("oneway")) {
                    producer.sendOneway(message);
                    outcome.sent(message.getProperty("UNIQ_KEY"));
                } else {
                    producer.send(message, new SendCallback() {
                        @Override
                        public void onSuccess(SendResult result) {
                            outcome.sent(result.getMsgId());
                        }

                        @Override
                        public void onException(Throwable error) {
                            outcome.failed(error);
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
    public AutoCloseable consumer(Map<String, String> settings, Driver.Receiver receiver) throws Exception {
        DefaultMQPushConsumer consumer =
                new DefaultMQPushConsumer(settings.get("group"), hook(settings), new AllocateMessageQueueAveragely());
        consumer.setNamesrvAddr(settings.get("endpoint"));
        if (settings.containsKey("instance")) {
            consumer.setNamespace(settings.get("instance"));
        }
        if (settings.get("model").equals("broadcasting")) {
            // The enum has another package in 4.x than in 5.x, so it is not named here.
            for (var model : consumer.getMessageModel().getDeclaringClass().getEnumConstants()) {
                if (model.name().equals("BROADCASTING")) {
                    consumer.setMessageModel(model);
                }
            }
        }
        consumer.subscribe(settings.get("topic"), settings.get("tags"));
        consumer.registerMessageListener((MessageListenerConcurrently) (messages, context) -> {
            for (MessageExt message : messages) {
                receiver.received(message.getMsgId(), message.getTopic(), message.getTags(), message.getKeys(), message.getBody());
            }
            return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
        });
        consumer.start();
        return consumer::shutdown;
    }
}
