using Xunit;

namespace QuicProChat.Mesh.Testing;

/// <summary>
/// A test that is skipped, and counted so, where one of the published inputs that it names is missing.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class SharedFactAttribute : FactAttribute
{
    /// <param name="inputs">Paths below <see cref="SharedInputs.Root"/>.</param>
    public SharedFactAttribute(params string[] inputs) => Skip = SharedInputs.WhySkip(inputs);
}

/// <summary>As <see cref="SharedFactAttribute"/>, with rows of data.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class SharedTheoryAttribute : TheoryAttribute
{
    /// <inheritdoc cref="SharedFactAttribute(string[])"/>
    public SharedTheoryAttribute(params string[] inputs) => Skip = SharedInputs.WhySkip(inputs);
}
