<?php
// The settings of the WordPress under test. The node in front says in
// X-Forwarded-Proto how the client came.
if (($_SERVER['HTTP_X_FORWARDED_PROTO'] ?? '') === 'https') {
    $_SERVER['HTTPS'] = 'on';
}
define('DB_NAME', 'wordpress');
define('DB_USER', 'root');
define('DB_PASSWORD', '');
define('DB_HOST', 'localhost:' . getenv('APPS_SOCKET'));
define('DB_CHARSET', 'utf8mb4');
define('DB_COLLATE', '');
foreach (['AUTH', 'SECURE_AUTH', 'LOGGED_IN', 'NONCE'] as $use) {
    define($use . '_KEY', "key of $use for a test");
    define($use . '_SALT', "salt of $use for a test");
}
define('WP_HOME', 'http://blog.example.com');
define('WP_SITEURL', 'http://blog.example.com');
define('DISABLE_WP_CRON', true); // it would call the site by its name
define('WP_HTTP_BLOCK_EXTERNAL', true); // there is no network
define('WP_ACCESSIBLE_HOSTS', '127.0.0.1');
define('AUTOMATIC_UPDATER_DISABLED', true);
define('WP_ENVIRONMENT_TYPE', 'local'); // application passwords also without https
$table_prefix = 'wp_';
if (!defined('ABSPATH')) {
    define('ABSPATH', __DIR__ . '/');
}
require_once ABSPATH . 'wp-settings.php';
