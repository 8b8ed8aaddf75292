namespace QuicProChat.Mesh.EndToEnd.Harness;

/// <summary>The published program.</summary>
internal static class Binary
{
    /// <summary>The fully static one: what runs on routers.</summary>
    internal static string Static { get; } = Find("artifacts/qpc-mesh");

    /// <summary>The dynamic one, which a preloaded library can influence.</summary>
    internal static string Dynamic { get; } = Find("artifacts/dynamic/qpc-mesh");

    /// <summary>Repository root: where the solution is.</summary>
    internal static string Root { get; } = FindRoot();

    private static string Find(string relative)
    {
        string path = Path.Combine(FindRoot(), relative);
        return File.Exists(path) ? path : throw new FileNotFoundException($"{path} is missing: 'make publish' builds it");
    }

    private static string FindRoot()
    {
        for (DirectoryInfo? at = new(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (File.Exists(Path.Combine(at.FullName, "QuicProChat.Mesh.sln")))
                return at.FullName;
        }

        throw new DirectoryNotFoundException("the tests run from inside the repository");
    }
}
