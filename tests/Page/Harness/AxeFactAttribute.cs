namespace QuicProChat.Mesh.Page.Tests.Harness;

/// <summary>As <see cref="BrowserFactAttribute"/>, and axe-core is there: <c>make page-test</c> brings it.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class AxeFactAttribute : FactAttribute
{
    public AxeFactAttribute() => Skip = BrowserFactAttribute.Why
        ?? (File.Exists(Script) || Environment.GetEnvironmentVariable("CI") == "true" ? null
            : $"{Script} is missing; make page-test brings it");

    internal static string Script { get; } =
        Repository.File("artifacts", "axe", "node_modules", "axe-core", "axe.min.js");
}
