import java.nio.charset.StandardCharsets;
import org.apache.rocketmq.acl.common.AclClientRPCHook;
import org.apache.rocketmq.acl.common.SessionCredentials;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.client.producer.SendResult;
import org.apache.rocketmq.common.message.Message;

/** Sends one message and prints its Message ID. */
public class SampleProducer {
    public static void main(String[] args) throws Exception {
        // The secret never stands in source code.
        SessionCredentials credentials = new SessionCredentials("{{ access_key_id }}", secret());
        DefaultMQProducer producer = new DefaultMQProducer("{{ group_id }}", new AclClientRPCHook(credentials));
        producer.setNamesrvAddr("{{ endpoint }}");
        // The first send also has to connect and to find the Topic.
        producer.setSendMsgTimeout(10000);
        producer.start();
        try {
            // The key finds the message in the console.
            Message message = new Message("{{ topic }}", "TagA", "ORDERID_100",
                    "Hello MQ".getBytes(StandardCharsets.UTF_8));
            SendResult result = producer.send(message);
            System.out.println("Sent. Message ID: " + result.getMsgId());
        } finally {
            producer.shutdown();
        }
    }

    private static String secret() {
        String secret = System.getenv("{{ secret_env }}");
        if (secret == null) {
            throw new IllegalStateException("set {{ secret_env }} to the secret of AccessKey {{ access_key_id }}");
        }
        return secret;
    }
}
