namespace QuicProChat.Mesh.Api;

/// <summary>The arguments of a command, in the order in which they stand on the command line and in its help.</summary>
/// <typeparam name="TRequest">The request that holds them.</typeparam>
public sealed class ArgumentList<TRequest>
    where TRequest : class
{
    private readonly List<CommandArgument> _arguments = [];

    internal CommandArgument[] ToArray() => [.. _arguments];

    /// <summary>A text that has to be there.</summary>
    /// <param name="key">The key in JSON.</param>
    /// <param name="help">What it is: one sentence.</param>
    /// <param name="get">Takes it from a request.</param>
    /// <param name="set">Puts it into a request.</param>
    /// <param name="typed">What it is called on the command line, if not as in JSON.</param>
    /// <param name="takesInput">On the command line <c>-</c> stands for standard input.</param>
    public ArgumentList<TRequest> Operand(
        string key, string help, Func<TRequest, string?> get, Action<TRequest, string?> set, string? typed = null,
        bool takesInput = false) =>
        Add(new TextArgument<TRequest>(key, ArgumentPlace.Operand, help, get, set)
        {
            Typed = typed ?? key,
            TakesInput = takesInput,
        });

    /// <summary>A text that may be there; as <see cref="Operand"/>.</summary>
    public ArgumentList<TRequest> OptionalOperand(
        string key, string help, Func<TRequest, string?> get, Action<TRequest, string?> set, string? typed = null) =>
        Add(new TextArgument<TRequest>(key, ArgumentPlace.OptionalOperand, help, get, set) { Typed = typed ?? key });

    /// <summary>One text or more, behind all other operands: a list in JSON.</summary>
    public ArgumentList<TRequest> Operands(
        string key, string help, Func<TRequest, IReadOnlyList<string>?> get,
        Action<TRequest, IReadOnlyList<string>?> set, string? typed = null) =>
        Add(new TextsArgument<TRequest>(key, ArgumentPlace.Operand, help, get, set) { Typed = typed ?? key });

    /// <summary>A text behind its name: <c>--key VALUE</c>.</summary>
    public ArgumentList<TRequest> Option(
        string key, string valueName, string help, Func<TRequest, string?> get, Action<TRequest, string?> set) =>
        Add(new TextArgument<TRequest>(key, ArgumentPlace.Option, help, get, set) { ValueName = valueName });

    /// <summary>A whole number behind its name: <c>--key N</c>.</summary>
    public ArgumentList<TRequest> Number(
        string key, string valueName, string help, Func<TRequest, int?> get, Action<TRequest, int?> set) =>
        Add(new NumberArgument<TRequest>(key, ArgumentPlace.Option, help, get, set) { ValueName = valueName });

    /// <summary>
    /// A word or a number behind its name: <c>--key WORD</c>. In JSON it is a text or a number, written as a number
    /// where it is one.
    /// </summary>
    public ArgumentList<TRequest> Word(
        string key, string valueName, string help, Func<TRequest, string?> get, Action<TRequest, string?> set) =>
        Add(new WordArgument<TRequest>(key, ArgumentPlace.Option, help, get, set) { ValueName = valueName });

    /// <summary>A name without a value: <c>--key</c>; true in JSON.</summary>
    public ArgumentList<TRequest> Flag(string key, string help, Func<TRequest, bool> get, Action<TRequest, bool> set) =>
        Add(new FlagArgument<TRequest>(key, help, get, set));

    /// <summary>A password: from a file behind <c>--KEY-file</c>, or typed where nobody sees it.</summary>
    public ArgumentList<TRequest> Secret(
        string key, string help, Func<TRequest, byte[]?> get, Action<TRequest, byte[]?> set, bool isNew = false) =>
        Add(new SecretArgument<TRequest>(key, help, get, set)
        {
            Typed = $"--{key}-file",
            ValueName = "FILE",
            IsNew = isNew,
        });

    /// <summary>Where a list goes on: only clients that ask for its pages write it.</summary>
    public ArgumentList<TRequest> From(Func<TRequest, string?> get, Action<TRequest, string?> set) =>
        Add(new TextArgument<TRequest>("from", ArgumentPlace.Nowhere, "Goes on with a list.", get, set));

    private ArgumentList<TRequest> Add(CommandArgument argument)
    {
        _arguments.Add(argument);
        return this;
    }
}
