using System.Reflection;

namespace QuicProChat.Mesh.Api.Tests;

/// <summary>
/// Every command that api/ has, found by looking: a test must not depend on a list that somebody keeps.
/// </summary>
internal static class AllCommands
{
    internal static CommandSpec[] Specs { get; } =
        [.. typeof(Commands).GetProperties(BindingFlags.Public | BindingFlags.Static)
            .Select(p => (CommandSpec)p.GetValue(null)!)];

    internal static CommandTable Table { get; } = new(Specs);

    /// <summary>The names, for theories.</summary>
    internal static TheoryData<string> Names => [.. Specs.Select(s => s.Name)];

    /// <summary>A request that has a value for every argument.</summary>
    internal static object FullRequest(CommandSpec command)
    {
        object request = command.NewRequest();
        foreach (CommandArgument argument in command.Arguments)
        {
            argument.Set(request, argument.Kind switch
            {
                ArgumentKind.Text => $"a \"{argument.Key}\" — ü 漢",
                ArgumentKind.Flag => true,
                ArgumentKind.Number => 7,
                ArgumentKind.Secret => System.Text.Encoding.UTF8.GetBytes("a \"secret\" — ü 漢"),
                ArgumentKind.Texts => new List<string> { "one", "two" },
                _ => throw new InvalidOperationException($"{argument.Kind}"),
            });
        }

        return request;
    }
}
