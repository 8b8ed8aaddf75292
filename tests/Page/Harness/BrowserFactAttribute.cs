namespace QuicProChat.Mesh.Page.Tests.Harness;

/// <summary>
/// A test in a browser: skipped, and counted so, where Debian's Chromium is missing. With CI=true it fails there.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class BrowserFactAttribute : FactAttribute
{
    internal const string Chromium = "/usr/bin/chromium";

    public BrowserFactAttribute() => Skip = Why;

    internal static string? Why => File.Exists(Chromium) || Environment.GetEnvironmentVariable("CI") == "true"
        ? null
        : $"{Chromium} is missing; apt-get install chromium";
}
