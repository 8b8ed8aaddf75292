using System.Net.Quic;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace QuicProChat.Mesh.Transports.Tests;

/// <summary>
/// The tests of this class are about QUIC: they are skipped, and counted so, where libmsquic is missing.
/// </summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class NeedsQuicAttribute : Attribute;

/// <summary>A fact that may be inherited by a class that <see cref="NeedsQuicAttribute"/> stands at.</summary>
[AttributeUsage(AttributeTargets.Method)]
[XunitTestCaseDiscoverer("QuicProChat.Mesh.Transports.Tests.LinkFactDiscoverer", "QuicProChat.Mesh.Transports.Tests")]
public sealed class LinkFactAttribute : FactAttribute;

/// <summary>As <see cref="LinkFactAttribute"/>, with data.</summary>
[AttributeUsage(AttributeTargets.Method)]
[XunitTestCaseDiscoverer("QuicProChat.Mesh.Transports.Tests.LinkTheoryDiscoverer", "QuicProChat.Mesh.Transports.Tests")]
public sealed class LinkTheoryAttribute : TheoryAttribute;

/// <summary>Makes a <see cref="LinkTestCase"/> of each fact.</summary>
public sealed class LinkFactDiscoverer(IMessageSink sink) : FactDiscoverer(sink)
{
    /// <inheritdoc/>
    protected override IXunitTestCase CreateTestCase(
        ITestFrameworkDiscoveryOptions discoveryOptions, ITestMethod testMethod, IAttributeInfo factAttribute) =>
        new LinkTestCase(DiagnosticMessageSink, discoveryOptions, testMethod, null);
}

/// <summary>Makes a <see cref="LinkTestCase"/> of each row of data.</summary>
public sealed class LinkTheoryDiscoverer(IMessageSink sink) : TheoryDiscoverer(sink)
{
    /// <inheritdoc/>
    protected override IEnumerable<IXunitTestCase> CreateTestCasesForDataRow(
        ITestFrameworkDiscoveryOptions discoveryOptions, ITestMethod testMethod, IAttributeInfo theoryAttribute,
        object?[] dataRow) =>
        [new LinkTestCase(DiagnosticMessageSink, discoveryOptions, testMethod, dataRow)];
}

/// <summary>A test that is skipped where its class needs QUIC and there is none.</summary>
public sealed class LinkTestCase : XunitTestCase
{
    /// <summary>For the runner, which fills it.</summary>
#pragma warning disable CS0618 // That is what it is for.
    public LinkTestCase()
#pragma warning restore CS0618
    {
    }

    internal LinkTestCase(
        IMessageSink sink, ITestFrameworkDiscoveryOptions options, ITestMethod method, object?[]? arguments)
        : base(sink, options.MethodDisplayOrDefault(), options.MethodDisplayOptionsOrDefault(), method, arguments)
    {
    }

    /// <inheritdoc/>
    protected override string GetSkipReason(IAttributeInfo factAttribute) =>
        !QuicListener.IsSupported && TestMethod.TestClass.Class.GetCustomAttributes(typeof(NeedsQuicAttribute)).Any()
            ? "libmsquic is not installed"
            : base.GetSkipReason(factAttribute);
}
