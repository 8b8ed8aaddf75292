namespace QuicProChat.Mesh.Wire.Tests;

/// <summary>Finds the files of the repository from wherever the tests run.</summary>
internal static class Repository
{
    internal static string Root { get; } = FindRoot();

    private static string FindRoot()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "QuicProChat.Mesh.sln")))
                return folder.FullName;
        }

        throw new InvalidOperationException($"No QuicProChat.Mesh.sln above {AppContext.BaseDirectory}.");
    }
}
