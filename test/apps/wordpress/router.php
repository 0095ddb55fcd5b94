<?php
// Does for PHP's own web server what .htaccess does for Apache: files are
// served as they are, folders by their index.php, all else by WordPress.
$path = urldecode(parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH));
$file = $_SERVER['DOCUMENT_ROOT'] . $path;
if (is_dir($file) && $path !== '/' && is_file(rtrim($file, '/') . '/index.php')) {
    $file = rtrim($file, '/') . '/index.php';
}
if (is_file($file) && $path !== '/') {
    if (!str_ends_with($file, '.php')) {
        return false;
    }
    $_SERVER['SCRIPT_NAME'] = $_SERVER['PHP_SELF'] = substr($file, strlen($_SERVER['DOCUMENT_ROOT']));
    $_SERVER['SCRIPT_FILENAME'] = $file;
    ini_set('zlib.output_compression', '1');
    chdir(dirname($file));
    require $file;
    return;
}
$_SERVER['SCRIPT_NAME'] = $_SERVER['PHP_SELF'] = '/index.php';
$_SERVER['SCRIPT_FILENAME'] = $_SERVER['DOCUMENT_ROOT'] . '/index.php';
ini_set('zlib.output_compression', '1');
require $_SERVER['DOCUMENT_ROOT'] . '/index.php';
