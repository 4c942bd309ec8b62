import com.aliyun.openservices.ons.api.Message;
import com.aliyun.openservices.ons.api.ONSFactory;
import com.aliyun.openservices.ons.api.Producer;
import com.aliyun.openservices.ons.api.PropertyKeyConst;
import com.aliyun.openservices.ons.api.SendResult;
import com.aliyun.openservices.ons.api.exception.ONSClientException;
import java.nio.charset.StandardCharsets;
import java.util.Properties;

/** Sends one message and prints its Message ID. */
public class SampleProducer {
    public static void main(String[] args) {
        Properties properties = new Properties();
        properties.put(PropertyKeyConst.NAMESRV_ADDR, "{{ endpoint }}");
        properties.put(PropertyKeyConst.GROUP_ID, "{{ group_id }}");
        properties.put(PropertyKeyConst.AccessKey, "{{ access_key_id }}");
        // The secret never stands in source code.
        properties.put(PropertyKeyConst.SecretKey, secret());
        // The first send also has to connect and to find the Topic.
        properties.put(PropertyKeyConst.SendMsgTimeoutMillis, "10000");

        Producer producer = ONSFactory.createProducer(properties);
        producer.start();
        try {
            Message message = new Message("{{ topic }}", "TagA", "Hello MQ".getBytes(StandardCharsets.UTF_8));
            // A key by which the message can be found in the console.
            message.setKey("ORDERID_100");
            SendResult result = producer.send(message);
            System.out.println("Sent. Message ID: " + result.getMessageId());
        } catch (ONSClientException e) {
            // The message may or may not have been stored. Send it again, or write it down and look it up by its key.
            System.err.println("Not sent: " + e.getMessage());
            System.exit(1);
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
