import com.aliyun.openservices.ons.api.Action;
import com.aliyun.openservices.ons.api.Consumer;
import com.aliyun.openservices.ons.api.ONSFactory;
import com.aliyun.openservices.ons.api.PropertyKeyConst;
import java.nio.charset.StandardCharsets;
import java.util.Properties;

/** Receives messages until it is stopped with Ctrl-C. */
public class SampleConsumer {
    public static void main(String[] args) throws InterruptedException {
        Properties properties = new Properties();
        properties.put(PropertyKeyConst.NAMESRV_ADDR, "{{ endpoint }}");
        properties.put(PropertyKeyConst.GROUP_ID, "{{ group_id }}");
        properties.put(PropertyKeyConst.AccessKey, "{{ access_key_id }}");
        // The secret never stands in source code.
        properties.put(PropertyKeyConst.SecretKey, secret());

        Consumer consumer = ONSFactory.createConsumer(properties);
        consumer.subscribe("{{ topic }}", "*", (message, context) -> {
            String body = new String(message.getBody(), StandardCharsets.UTF_8);
            System.out.println("Receive message " + message.getMsgID() + " Tag " + message.getTag() + " Key "
                    + message.getKey() + ": " + body);
            // Action.ReconsumeLater asks for the same message again, after a while.
            return Action.CommitMessage;
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
