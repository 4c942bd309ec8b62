//! Sign-in, set-up, one-time links.
use super::texts;

texts! {
    sign_in_title => "登录 TernMQ", "Sign in to TernMQ";
    sign_in => "登录", "Sign in";
    signing_in => "登录中", "Signing in";
    account => "账号", "Account";
    user => "用户名", "User name";
    password => "密码", "Password";
    forgot => "忘记密码？请联系账号的所有者，或在服务器上运行", "Forgot the password? Ask an owner of the account, or run this on the server:";
    needs_setup => "还没有管理员", "There is no administrator yet";
    needs_setup_why => "用服务启动时打印的一次性链接创建管理员。在服务器上运行下面的命令可生成新的链接：", "Create one with the one-time link printed when the service started. This command on the server prints a new one:";
    ready => "管理员已创建", "Administrator created";
    ready_why => "用刚设置的密码登录。", "Sign in with the password you just set.";
    step_start => "启动服务 ✓", "Start the service ✓";
    create_admin => "创建管理员", "Create administrator";
    creating => "创建中", "Creating";
    link_once(minutes) => "此链接只能使用一次，{minutes} 分钟后失效。系统没有默认密码。", "This link works once and expires in {minutes} minutes. There is no default password.";
    account_name => "账号名称", "Account name";
    account_hint => "3–64 个字符：小写字母、数字、连字符。", "3–64 characters: lower-case letters, digits, hyphen.";
    user_hint => "1–64 个字符：字母、数字、点、下划线、连字符。登录时使用。", "1–64 characters: letters, digits, dot, underscore, hyphen. Used to sign in.";
    password_hint => "至少 12 个字符，不限字符种类。", "At least 12 characters, of any kind.";
    password_again => "再次输入密码", "Repeat password";
    link_bad_why => "此链接已使用、已过期或不存在。在服务器上运行下面的命令可生成新的链接：", "This link is used, expired or unknown. This command on the server prints a new one:";
    set_up_already => "管理员已存在", "The administrator exists already";
    set_up_already_why => "设置已完成，请登录。如果忘记了密码，在服务器上运行下面的命令可生成重设密码的链接：", "Everything is set up: sign in. For a lost password, this command on the server prints a link that sets a new one:";
    link_bad => "链接不可用", "The link cannot be used";
    choose_password => "设置密码", "Set password";
    choose_password_for(user, account) => "为账号 {account} 的用户 {user} 设置新密码。已有的登录会全部退出。", "Sets a new password for user {user} of account {account}. All of their sessions end.";
    to_sign_in => "去登录", "Go to sign-in";
}
