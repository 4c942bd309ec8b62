//! Topics.
use super::texts;

texts! {
    normal => "普通消息", "Normal message";
    partition_order => "分区顺序消息", "Partitionally ordered message";
    global_order => "全局顺序消息", "Globally ordered message";
    scheduled => "定时/延时消息", "Scheduled/Delayed message";
    transaction => "事务消息", "Transactional message";
}
