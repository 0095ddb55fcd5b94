<?php
// Does for PHP's own web server what a web server's conf does: /wiki/ is
// index.php, /w/ the folder of MediaWiki, of which files are served as they are.
const ROOT = '/usr/share/mediawiki';
const TYPES = ['svg' => 'image/svg+xml', 'png' => 'image/png', 'gif' => 'image/gif', 'css' => 'text/css', 'js' => 'text/javascript'];
$path = rawurldecode(parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH));
$file = str_starts_with($path, '/w/') ? ROOT . substr($path, 2) : ROOT . '/index.php';
if (!is_file($file)) {
    http_response_code(404);
    return;
}
if (!str_ends_with($file, '.php')) {
    header('Content-Type: ' . (TYPES[pathinfo($file, PATHINFO_EXTENSION)] ?? 'application/octet-stream'));
    header('Last-Modified: ' . gmdate('D, d M Y H:i:s', filemtime($file)) . ' GMT');
    readfile($file);
    return;
}
$_SERVER['SCRIPT_NAME'] = $_SERVER['PHP_SELF'] = '/w/' . basename($file);
$_SERVER['SCRIPT_FILENAME'] = $file;
unset($_SERVER['PATH_INFO'], $_SERVER['ORIG_PATH_INFO']);
chdir(ROOT);
require $file;
