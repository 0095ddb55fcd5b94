<?php
// Purges what shows a post when it changes, with the requests that Proxy Cache
// Purge sends: one for each URL, and a pattern for "purge all".

function apps_purge(string $url, bool $all = false): void
{
    $parts = wp_parse_url($url);
    $path = ($parts['path'] ?? '') . ($all ? '.*' : '') . (isset($parts['query']) ? '?' . $parts['query'] : '');
    $response = wp_remote_request('http://' . getenv('APPS_NODE') . $path, [
        'method' => 'PURGE',
        'headers' => ['host' => $parts['host'], 'X-Purge-Method' => $all ? 'regex' : 'default'],
    ]);
    if (is_wp_error($response) || wp_remote_retrieve_response_code($response) !== 200) {
        error_log("purge of $url failed: " . (is_wp_error($response) ? $response->get_error_message() : $response['body']));
    }
}

function apps_purge_post(int $id): void
{
    $post = get_post($id);
    if (!$post || !in_array($post->post_status, ['publish', 'private', 'trash', 'pending', 'draft'], true) ||
        in_array($post->post_type, ['nav_menu_item', 'revision'], true)) {
        return;
    }
    $urls = [get_permalink($id), rest_url("wp/v2/{$post->post_type}s/$id/"), home_url(), home_url('/'),
        get_author_posts_url($post->post_author), get_bloginfo_rss('rss2_url'), get_bloginfo_rss('comments_rss2_url')];
    foreach (array_merge(get_the_category($id), get_the_tags($id) ?: []) as $term) {
        $urls[] = get_term_link($term);
    }
    array_map('apps_purge', array_unique($urls));
}

add_action('save_post', 'apps_purge_post');
add_action('wp_set_comment_status', fn($id) => apps_purge_post((int) get_comment($id)->comment_post_ID));
add_action('admin_post_apps_purge_all', function () {
    check_admin_referer('apps-purge-all');
    apps_purge(home_url('/'), true);
    wp_safe_redirect(home_url('/'));
});
add_action('wp_footer', function () {
    if (current_user_can('manage_options')) {
        echo '<a href="' . esc_url(wp_nonce_url(admin_url('admin-post.php?action=apps_purge_all'), 'apps-purge-all')) . '">Purge all</a>';
    }
});
