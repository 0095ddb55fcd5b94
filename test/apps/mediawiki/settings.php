
// What the test adds to the LocalSettings.php that the installer has written.
$wgArticlePath = '/wiki/$1';
$wgUseCdn = true;
$wgCdnServers = [ getenv( 'APPS_NODE' ) ];
$wgCdnMaxAge = 86400;
$wgJobRunRate = 0; // maintenance/runJobs.php runs them
$wgMainCacheType = CACHE_DB;
$wgRateLimits = [];
wfLoadSkin( 'Vector' );
