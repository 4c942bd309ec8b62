import java.nio.charset.StandardCharsets;
import org.apache.rocketmq.acl.common.AclClientRPCHook;
import org.apache.rocketmq.acl.common.SessionCredentials;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.listener.ConsumeConcurrentlyStatus;
import org.apache.rocketmq.client.consumer.listener.MessageListenerConcurrently;
import org.apache.rocketmq.client.consumer.rebalance.AllocateMessageQueueAveragely;
import org.apache.rocketmq.common.message.MessageExt;

/** Receives messages until it is stopped with Ctrl-C. */
public class SampleConsumer {
    public static void main(String[] args) throws Exception {
        // The secret never stands in source code.
        SessionCredentials credentials = new SessionCredentials("{{ access_key_id }}", secret());
        DefaultMQPushConsumer consumer = new DefaultMQPushConsumer("{{ group_id }}", new AclClientRPCHook(credentials),
                new AllocateMessageQueueAveragely());
        consumer.setNamesrvAddr("{{ endpoint }}");
        consumer.subscribe("{{ topic }}", "*");
        consumer.registerMessageListener((MessageListenerConcurrently) (messages, context) -> {
            for (MessageExt message : messages) {
                String body = new String(message.getBody(), StandardCharsets.UTF_8);
                System.out.println("Receive message " + message.getMsgId() + " Tag " + message.getTags() + " Key "
                        + message.getKeys() + ": " + body);
            }
            // RECONSUME_LATER asks for the same messages again, after a while.
            return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
        });
        consumer.start();
        Runtime.getRuntime().addShutdownHook(new Thread(consumer::shutdown));
        System.out.println("Consumer {{ group_id }} started; stop it with Ctrl-C.");
        Thread.currentThread().join();
    }

    private static String secret() {
        String secret = System.getenv("{{ secret_env }}");
        if (secret == null) {
            throw new IllegalStateException("set {{ secret_env }} to the secret of AccessKey {{ access_key_id }}");
        }
        return secret;
    }
}
