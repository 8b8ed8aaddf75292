namespace QuicProChat.Mesh.EndToEnd.Harness;

/// <summary>The published program.</summary>
internal static class Binary
{
    /// <summary>The fully static one: what runs on routers.</summary>
    internal static string Static { get; } = Find("artifacts/qpc-mesh");

    /// <summary>The dynamic one, which a preloaded library can influence.</summary>
    internal static string Dynamic { get; } = Find("artifacts/dynamic/qpc-mesh");

    /// <summary>Repository root: where the solution is.</summary>
    internal static string Root { get; } = Repository.Root;

    private static string Find(string relative)
    {
        string path = Repository.File(relative);
        return File.Exists(path) ? path
            : throw new FileNotFoundException($"{path} is missing: 'make publish' builds it");
    }
}
