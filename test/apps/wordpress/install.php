<?php
// Sets WordPress up without a browser: users, posts, pages and comments. Each
// argument after the first is name:password:role of a user. The first is
// the folder of WordPress.
[, $root] = $argv;
$_SERVER['HTTP_HOST'] = $_SERVER['SERVER_NAME'] = 'blog.example.com';
$_SERVER['REQUEST_URI'] = '/';
define('WP_INSTALLING', true);
require $root . '/wp-load.php';
require_once ABSPATH . 'wp-admin/includes/upgrade.php';
wp_install('A blog', 'publisher', 'publisher@example.com', true, '', 'publisher-password');
foreach (array_slice($argv, 2) as $user) {
    [$name, $password, $role] = explode(':', $user);
    $id = wp_insert_user(['user_login' => $name, 'user_pass' => $password, 'user_email' => "$name@example.com",
        'display_name' => "Dear $name", 'role' => $role]);
    if (is_wp_error($id)) {
        exit($id->get_error_message());
    }
}
switch_theme('twentytwentyone');
update_option('permalink_structure', '/%postname%/');
update_option('comment_moderation', '1');
for ($i = 1; $i <= 14; $i++) {
    $id = wp_insert_post(['post_title' => "Post $i", 'post_name' => "post-$i", 'post_status' => 'publish', 'post_author' => 1,
        'post_content' => "<!-- wp:paragraph --><p>First edition of post $i.</p><!-- /wp:paragraph -->", 'tags_input' => ['tag' . $i % 3]]);
    wp_insert_comment(['comment_post_ID' => $id, 'comment_author' => 'Reader', 'comment_content' => "To post $i.", 'comment_approved' => 1]);
}
for ($i = 1; $i <= 6; $i++) {
    wp_insert_post(['post_title' => "Page $i", 'post_name' => "page-$i", 'post_type' => 'page', 'post_status' => 'publish', 'post_author' => 1,
        'post_content' => "<!-- wp:paragraph --><p>First edition of page $i.</p><!-- /wp:paragraph -->"]);
}
wp_insert_post(['post_title' => 'Behind a password', 'post_name' => 'locked', 'post_status' => 'publish', 'post_author' => 1,
    'post_password' => 'sesame', 'post_content' => 'The text behind the password.']);
$GLOBALS['wp_rewrite']->init();
flush_rewrite_rules(false);
echo "installed\n";
