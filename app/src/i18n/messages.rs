//! Message query and one message in full.
use super::texts;

texts! {
    title => "消息查询", "Message Query";
    by_id => "按 Message ID 查询", "By Message ID";
    by_key => "按 Message Key 查询", "By Message Key";
    by_topic => "按 Topic 查询", "By Topic";
    search => "搜索", "Search";
    message_id => "Message ID", "Message ID";
    offset_id => "Offset ID", "Offset ID";
    key => "Message Key", "Message Key";
    tag => "Tag", "Tag";
    body_size => "消息体大小", "Body size";
    stored_at => "存储时间", "Stored At";
    created_at => "产生时间", "Created At";
    created_hint => "客户端时钟", "the client’s clock";
    all_topics => "全部 Topic", "All Topics";
    choose_topic => "选择 Topic", "Choose a Topic";
    id_hint => "接受 Message ID、Offset ID。不用选 Topic。查到即表示已存储在服务端。", "Takes a Message ID or Offset ID. No Topic needed. Found means stored on the server.";
    id_start => "粘贴发送时返回的 Message ID", "Paste the Message ID that the send call returned";
    id_start_why => "查到即表示消息已存储在服务端；没有查到会说明原因。", "Found means that the message is stored on the server; if it is not found, the reason is given.";
    key_hint => "Key 是不含空格的一个词，区分大小写；一条消息的每个 Key 都能查到。", "A Key is one word without spaces, and case matters; every Key of a message can be found.";
    key_start => "输入 Message Key", "Enter a Message Key";
    key_start_why => "不选 Topic 时，在实例的全部 Topic 中查询。", "Without a Topic, all Topics of the instance are searched.";
    key_none => "没有消息带有这个 Key", "No message has this Key";
    key_cap_title => "还有更早的消息", "There are older messages";
    key_cap(n) => "只显示最新的 {n} 条，还有更早的消息带有这个 Key。缩小时间范围可以看到它们。", "Only the {n} newest are shown; older messages have this Key too. Narrow the time range to see them.";
    topic_start => "选择 Topic 和时间范围", "Choose a Topic and a time range";
    topic_start_why => "按存储时间查询，最新的在前。", "Searched by the time of storing, newest first.";
    range => "时间范围", "Time range";
    latest(n) => "最新 {n} 条", "Last {n} messages";
    all_kept => "全部", "All";
    from => "开始时间", "From";
    to => "结束时间", "To";
    time_hint(zone) => "时区 {zone}。也接受 ISO 8601 和毫秒时间戳。", "Zone {zone}. ISO 8601 and epoch milliseconds are accepted too.";
    time_malformed => "写作 2026-07-14 14:02:31 或毫秒时间戳。", "Write 2026-07-14 14:02:31, or epoch milliseconds.";
    found(n) => "{n} 条", "Messages: {n}";
    took(ms) => "用时 {ms} ms", "took {ms} ms";
    newest_first => "最新的在前", "newest first";
    range_empty => "这个范围内没有消息", "Nothing stored in this range";
    /// `{oldest}` and `{newest}` are filled by the page.
    range_empty_why => "现存最早 {oldest}，最新 {newest}。", "Oldest kept: {oldest}; newest: {newest}.";
    nothing_kept => "现在没有存储任何消息。", "Nothing is stored now.";
    partial => "查询到达上限而停止，更早的消息还没有查完；“较早”会继续查。", "The search stopped at its limit before the end of the range; Older goes on from there.";
    past_end => "没有更早的消息", "No older messages";
    stored_times(n) => "这个 ID 存储了 {n} 次", "This ID is stored {n} times";
    stored_times_why => "客户端没有收到应答时会重新发送。下面是最新的一次。", "A client that gets no answer sends again. The newest is shown below.";
    topic_unknown => "此实例中没有这个 Topic，或者你没有权限。", "This instance has no such Topic, or you may not see it.";

    not_found_malformed => "没有查到这条消息，原因：格式不对", "Not found, because the format is wrong";
    not_found_expired => "没有查到这条消息，原因：已过期", "Not found, because it has expired";
    not_found_not_kept => "没有查到这条消息，原因：不在现存的消息中", "Not found, because it is not among what is kept";
    not_found_other(name) => "没有查到这条消息，原因：它在实例 {name} 中", "Not found here, because it is in the instance {name}";
    malformed_why => "Message ID 由发送接口返回，是 32 个十六进制字符（有的客户端更长），不含空格和其他符号。", "A Message ID is returned by the send call: 32 hexadecimal characters (more with some clients), without spaces or other signs.";
    expired_why => "这个 Offset ID 指向的位置，早于现存最早的消息。消息已到存储时间，已被删除。", "The place that this Offset ID names is older than all that is kept. Its storage time is over and it was deleted.";
    /// `{oldest}` is filled by the page.
    not_kept_why => "现存最早的消息存储于 {oldest}。如果在此之后发送，它从未存储；如果在此之前发送，它已过期或从未存储。", "The oldest message kept here was stored at {oldest}. If it was sent after that, it was never stored; if before, it has expired or was never stored.";
    nothing_kept_why => "现在没有存储任何消息：它已过期，或从未存储。", "Nothing is stored now: it has expired, or was never stored.";
    not_found_stopped => "没有查到这条消息，原因：查询到达上限而停止", "Not found, because the search stopped at its limit";
    stopped_why => "查询在 5 秒或 1,000,000 条记录后停止，还没有查完。可以按 Topic 和时间范围查询。", "The search stops after 5 s or 1,000,000 records, and did not look at everything. Query by Topic and time range instead.";
    other_why => "同一个接入点只能查到它所属实例的消息。", "Each instance shows its own messages only.";
    other_go(name) => "在 {name} 中查询", "Query in {name}";
    check_format => "格式正确", "The format is right";
    check_format_why(n) => "{n} 个字符", "{n} characters";
    check_format_bad => "格式不对", "The format is wrong";
    check_other => "不在其他实例", "Not in another instance";
    check_other_why(names) => "已查 {names}", "Looked in {names}";
    check_other_hit => "在其他实例", "In another instance";
    check_kept => "不在现存的消息中", "Not among what is kept";
    check_expired => "早于现存最早的消息", "Older than the oldest stored message";
    /// `{oldest}` is filled by the page.
    check_oldest => "现存最早：{oldest}", "Oldest kept: {oldest}";
    /// `{born}` is filled by the page.
    check_born => "ID 中的产生时间（客户端时钟）：{born}", "Time in the ID, by the client’s clock: {born}";
    the_reason => "原因", "The reason";

    message => "消息", "Message";
    body => "消息体", "Message Body";
    auto => "自动", "Auto";
    text => "文本", "Text";
    json => "JSON", "JSON";
    hex => "十六进制", "Hex";
    base64 => "Base64", "Base64";
    charset_binary => "二进制", "binary";
    download_body => "下载消息体", "Download body";
    empty_body => "消息体为空。", "The message body is empty.";
    not_text(at) => "第 {at} 字节起不是 UTF-8 文本。原样的字节见“十六进制”。", "Not UTF-8 text from byte {at} on. The exact bytes are under Hex.";
    packed(name) => "以 {name} 的标志开头：应用自己压缩过。这里显示存储的字节。", "Begins like {name}: compressed by the application itself. The stored bytes are shown.";
    as_gb18030 => "按 GB18030 显示", "Show as GB18030";
    not_gb18030 => "也不是有效的 GB18030。原样的字节见“十六进制”。", "Not valid GB18030 either. The exact bytes are under Hex.";
    not_json => "不是有效的 JSON。", "Not valid JSON.";
    json_cut => "消息体没有完整载入，不能按 JSON 排版。", "The body is not loaded in full and cannot be laid out as JSON.";
    shown_of(shown, all) => "显示前 {shown}，共 {all}。下载可得到完整的字节。", "Shown: the first {shown} of {all}. Download gives the exact bytes.";
    inflated(stored) => "客户端压缩存储（{stored}），此处已解压", "stored compressed by the client ({stored}), shown inflated";
    not_inflated => "客户端标记为压缩，但无法解压；显示存储的字节", "marked as compressed by the client but cannot be inflated; the stored bytes are shown";
    producer_address => "生产地址", "Producer address";
    store_host => "存储地址", "Store host";
    queue_offset => "队列 / 位点", "Queue / offset";
    record_size => "记录大小", "Record size";
    reconsume_times => "重试次数", "Reconsume times";
    flags => "标志", "Flags";
    properties => "属性", "Properties";
    no_properties => "没有属性。", "No properties.";
    read_audited => "查看消息体会记入操作审计。", "Reading a body is written to the audit.";
}
