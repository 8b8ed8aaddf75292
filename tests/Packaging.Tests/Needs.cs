namespace QuicProChat.Mesh.Packaging.Tests;

/// <summary>
/// What a test needs of the machine. With <c>CI=true</c> nothing is skipped: there it fails where it lacks something.
/// </summary>
internal static class Needs
{
    private const string AllUsers = "4294967295";

    private static bool IsStrict => Environment.GetEnvironmentVariable("CI") == "true";

    /// <summary>Why a test is skipped; null where it runs.</summary>
    internal static string? WhySkip(bool root, params string[] paths)
    {
        if (IsStrict)
            return null;
        if (root && (Environment.UserName != "root" || !File.ReadAllText("/proc/self/uid_map").TrimEnd()
            .EndsWith(AllUsers, StringComparison.Ordinal)))
            return "it needs the machine's root, to run a file tree as a system of its own with users of its own";
        return Array.Find(paths, p => !File.Exists(p.StartsWith('/') ? p : Repository.File(p))) is { } missing
            ? $"{missing} is missing: 'make packages-check' builds what the tests need, 'make deps' installs it"
            : null;
    }
}

/// <summary>A test that needs files, named from the repository's root or absolutely.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class NeedsFactAttribute : FactAttribute
{
    /// <param name="paths">The files.</param>
    public NeedsFactAttribute(params string[] paths) => Skip = Needs.WhySkip(root: false, paths);
}

/// <summary>As <see cref="NeedsFactAttribute"/>, and the machine's root.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class RootFactAttribute : FactAttribute
{
    /// <param name="paths">The files.</param>
    public RootFactAttribute(params string[] paths) => Skip = Needs.WhySkip(root: true, paths);
}

/// <summary>As <see cref="RootFactAttribute"/>, with rows of data.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class RootTheoryAttribute : TheoryAttribute
{
    /// <param name="paths">The files.</param>
    public RootTheoryAttribute(params string[] paths) => Skip = Needs.WhySkip(root: true, paths);
}
